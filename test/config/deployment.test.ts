import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { LIVE_ANSWER_MS } from '../../src/commands/check-live.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { REGION_CODES } from '../../src/place/regions.ts';
import { argumentsOf, COMPOSE, environmentOf } from '../packaging/container-files.ts';

const project = fileURLToPath(new URL('../../', import.meta.url));
const read = (file: string) => readFileSync(`${project}${file}`, 'utf8');

const services = Object.entries(COMPOSE.services);
const ours = services.filter(([, { image }]) => image === 'lifeguard');
const TOKEN = '0123456789abcdef';

describe('docker-compose.yml', () => {
  test('has a store, a server, and workers in different regions', () => {
    expect(ours.map(([, { command }]) => command)).toEqual([['serve'], ['monitor'], ['monitor']]);
    const regions = ours.slice(1).map(([, service]) => environmentOf(service, TOKEN).LIFEGUARD_REGION);
    expect(new Set(regions).size).toBe(2);
    // Other regions cannot be in check_regions.
    expect(regions.filter((region) => !REGION_CODES.some((code) => code === region))).toEqual([]);
    expect(COMPOSE.services.redis?.command).toEqual(expect.arrayContaining(['--appendonly', 'yes']));
  });

  test.each(ours)('%s starts with its configuration and the common store', (_, service) => {
    const env = environmentOf(service, TOKEN);
    const loaded = loadConfig({ env, readFile: (path) => readFileSync(`${project}${path}`) });
    expect(loaded).toMatchObject({ ok: true, config: { store: { redisUrl: 'redis://redis:6379/0' } } });
    expect(service.depends_on).toHaveProperty('redis');
  });

  test.each(ours)('%s runs an existing command', (_, { command }) => {
    expect(createProgram().commands.map((each) => each.name())).toContain(command[0]);
  });

  test('checks each monitor where its configuration listens', () => {
    for (const [, { command, healthcheck }] of ours) {
      const isMonitor = command[0] === 'monitor';
      const test = ['CMD', 'node', 'src/lifeguard.js', 'check-live', 'monitor'];
      expect(healthcheck).toEqual(isMonitor ? { test } : undefined);
    }
    const loaded = loadConfig({ path: `${project}config/docker.yaml`, env: {} });
    expect(loaded).toMatchObject({ config: { monitor: { metricsListen: { address: '127.0.0.1' } } } });
  });

  test('publishes ports on loopback only', () => {
    const ports = services.flatMap(([, service]) => service.ports ?? []);
    expect(ports).toEqual(['127.0.0.1:5300:53/udp', '127.0.0.1:5300:53/tcp', '127.0.0.1:5380:5380/tcp']);
  });

  test('publishes the ports on which the server listens', () => {
    const loaded = loadConfig({ path: `${project}config/docker.yaml`, env: {} });
    expect(loaded).toMatchObject({
      ok: true,
      config: { dns: { listen: [{ port: 53 }] }, api: { listen: { port: 5380 } } },
    });
  });

  test('has every volume and directory that it mounts', () => {
    for (const mount of services.flatMap(([, service]) => service.volumes ?? [])) {
      const source = mount.split(':')[0]!;
      if (source.startsWith('./')) expect(existsSync(`${project}${source}`), mount).toBe(true);
      else expect(COMPOSE.volumes, mount).toHaveProperty(source);
    }
  });

  test('does not start without a token', () => {
    expect(COMPOSE.services.serve?.environment?.LIFEGUARD_API_TOKEN).toMatch(
      /^\$\{LIFEGUARD_API_TOKEN:\?.+\}$/,
    );
  });
});

describe('Dockerfile', () => {
  const copied = argumentsOf('COPY').flatMap((line) => line.split(' ').slice(0, -1));

  test('copies only existing files, and .dockerignore lets exactly these through', () => {
    for (const file of copied) expect(existsSync(`${project}${file}`), file).toBe(true);
    const [everything, ...exceptions] = read('.dockerignore').trim().split('\n');
    expect(everything).toBe('*');
    expect(exceptions.map((line) => line.slice(1)).sort()).toEqual([...copied].sort());
  });

  test('does not run as root, and has the Node version that the project needs', () => {
    expect(argumentsOf('USER')).toEqual(['node']);
    const [, major] = /^node:(\d+)-slim$/.exec(argumentsOf('FROM')[0]!)!;
    expect((JSON.parse(read('package.json')) as { engines: { node: string } }).engines.node).toBe(
      `>=${major}`,
    );
  });

  test('starts an existing file', () => {
    const [program, file] = JSON.parse(argumentsOf('ENTRYPOINT')[0]!) as string[];
    expect(program).toBe('node');
    expect(existsSync(`${project}${file}`)).toBe(true);
  });

  test('checks the server with an existing command, which ends before its timeout', () => {
    const [options, command] = argumentsOf('HEALTHCHECK')[0]!.split(' CMD ');
    expect(JSON.parse(command!)).toEqual(['node', 'src/lifeguard.js', 'check-live', 'serve']);
    const [, seconds] = /--timeout=([0-9]+)s/.exec(options!)!;
    expect(Number(seconds) * 1_000).toBeGreaterThan(2 * LIVE_ANSWER_MS);
  });
});
