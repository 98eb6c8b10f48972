/**
 * docker-compose.yml without Docker: each service runs its own command, healthcheck and settings, with the environment and the
 * files that the Dockerfile gives it, as a user without rights in a network of its own. Takes root, `ip`, `unshare` and `nsenter`.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { enterOwnNetwork } from '../probe/icmp/own-network.ts';
import { dig } from '../support/dig.ts';
import { PROJECT } from '../support/source-tree.ts';
import { argumentsOf, COMPOSE, environmentOf, type Service } from './container-files.ts';

/** Longest wait for a service to be as its healthcheck wants it, and how often it is looked at, milliseconds. */
const HEALTHY = { timeout: 240_000, interval: 1_000 };
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const TOKEN = 'compose-token-0123456789abcdef';
/** The user of the image, and of the programs beside it. */
const NOBODY = 65_534;
/** The networks of the services are behind a bridge (TEST-NET-1, RFC 5737). */
const HOST = '192.0.2.1';
const names = Object.keys(COMPOSE.services);
const addressOf = (name: string) => `192.0.2.${names.indexOf(name) + 2}`;
const isAlone = enterOwnNetwork();
const ip = (...args: string[]) => execFileSync('ip', args, { stdio: 'pipe' });

/** A service that runs. */
interface Container {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-compose-'));
const running = new Map<string, Container>();

/** What the image has at its WORKDIR: what the Dockerfile copies and installs, and what compose mounts there. */
const MOUNTED = [...argumentsOf('COPY').flatMap((line) => line.split(' ').slice(0, -1)), 'node_modules'];
const mount = (from: string, to: string) => `mount --bind ${from} ${to}`;
/** What becomes a program without rights; `program` begins in the folder of the service. */
const asUser = ({ folder, env }: Pick<Container, 'folder' | 'env'>, program: readonly string[]) => [
  ...['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--bounding-set=-all'],
  ...['env', '-i', `--chdir=${folder}`, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
  ...program,
];

/** The program of a service with its arguments: redis as the image starts it, which is open to the network of its container. */
function programOf({ image, command }: Service): string[] {
  if (image.startsWith('redis:')) return [...command, '--protected-mode', 'no'];
  return [...(JSON.parse(argumentsOf('ENTRYPOINT')[0]!) as string[]), ...command];
}

/** Variables of the Dockerfile, for a WORKDIR in another place. */
function imageEnvironment(folder: string): Record<string, string> {
  return Object.fromEntries(
    argumentsOf('ENV').map((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line)!;
      return [name!, value!.replace(argumentsOf('WORKDIR')[0]!, folder)];
    }),
  );
}

/** Starts a service in a network of its own, in which the others have their names. */
async function start(name: string): Promise<void> {
  const service = COMPOSE.services[name]!;
  const folder = join(directory, name);
  const isOurs = service.image === 'lifeguard';
  mkdirSync(join(folder, 'data'), { recursive: true });
  for (const path of [folder, join(folder, 'data')]) chownSync(path, NOBODY, NOBODY);
  const path = `${folder}/node_modules/.bin:/usr/bin:/bin:/usr/sbin:/sbin`;
  const env = { PATH: path, ...(isOurs && imageEnvironment(folder)), ...environmentOf(service, TOKEN) };
  for (const each of isOurs ? MOUNTED : []) {
    if (each.includes('.')) writeFileSync(join(folder, each), '');
    else mkdirSync(join(folder, each));
  }
  const prepared = [
    // It says that it has a network; that is connected when a line comes.
    'echo',
    'read -r _',
    mount(join(directory, 'hosts'), '/etc/hosts'),
    ...(isOurs ? MOUNTED.map((each) => mount(join(PROJECT, each), join(folder, each))) : []),
    ...Object.entries(service.sysctls ?? {}).map(
      ([key, value]) => `echo '${value}' > /proc/sys/${key.replaceAll('.', '/')}`,
    ),
    'exec "$@"',
  ].join(' && ');
  const begun = [
    '--net',
    '--mount',
    'sh',
    '-c',
    prepared,
    'sh',
    ...asUser({ folder, env }, programOf(service)),
  ];
  const child = spawn('unshare', begun, { stdio: ['pipe', 'pipe', 'inherit'] });
  running.set(name, { process: child, folder, env });
  const inside = ['--net', '--target', String(child.pid), 'ip'];
  await once(child.stdout!.resume(), 'data');
  const link = `to-${names.indexOf(name)}`;
  ip('link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(child.pid));
  ip('link', 'set', link, 'master', 'bridge', 'up');
  for (const args of [
    ['link', 'set', 'lo', 'up'],
    ['address', 'add', `${addressOf(name)}/24`, 'dev', 'eth0'],
    ['link', 'set', 'eth0', 'up'],
  ])
    execFileSync('nsenter', [...inside, ...args]);
  child.stdin!.end('\n');
}

/** Runs a command in the place of a service, as `docker exec` does. */
function inside(name: string, program: readonly string[]) {
  const container = running.get(name)!;
  const place = ['--net', '--mount', '--target', String(container.process.pid)];
  return spawnSync('nsenter', [...place, ...asUser(container, program)], { encoding: 'utf8' });
}

describe.runIf(isAlone)('the services of docker-compose.yml', () => {
  beforeAll(async () => {
    execFileSync('chmod', ['755', directory]);
    const hosts = names.map((name) => `${addressOf(name)} ${name}\n`).join('');
    writeFileSync(join(directory, 'hosts'), `127.0.0.1 localhost\n${hosts}`);
    ip('link', 'add', 'bridge', 'type', 'bridge');
    ip('address', 'add', `${HOST}/24`, 'dev', 'bridge');
    ip('link', 'set', 'bridge', 'up');
    for (const name of names) await start(name);
  });
  afterAll(async () => {
    for (const { process: child } of running.values()) child.kill('SIGKILL');
    await Promise.all(
      [...running.values()].map(
        ({ process: child }) => child.exitCode ?? new Promise((done) => child.once('close', done)),
      ),
    );
    rmSync(directory, { recursive: true });
  });

  test.each(names)('%s becomes healthy', async (name) => {
    const [, image] = argumentsOf('HEALTHCHECK')[0]!.split(' CMD ');
    const own = COMPOSE.services[name]!.healthcheck?.test;
    expect(own?.[0] ?? 'CMD').toBe('CMD');
    const check = own?.slice(1) ?? (JSON.parse(image!) as string[]);
    await vi.waitFor(() => expect(inside(name, check)).toMatchObject({ status: 0 }), HEALTHY);
  });

  test('the server answers at the ports that are published, and has a worker in each region', async () => {
    const [dns, , api] = COMPOSE.services.serve!.ports!.map((each) => /:(\d+)(\/\w+)?$/.exec(each)![1]!);
    const server = { address: addressOf('serve'), port: Number(dns) };
    for (const transport of ['+notcp', '+tcp'])
      expect(await dig(server, 'example.com', 'SOA', transport)).toMatchObject({ status: 'NOERROR' });
    const entry = JSON.parse(argumentsOf('ENTRYPOINT')[0]!) as string[];
    const listed = ['regions', '--json', '--api', `http://127.0.0.1:${api}`];
    await vi.waitFor(() => {
      const { stdout } = inside('serve', [...entry, ...listed]);
      const { result } = JSON.parse(stdout) as { result: { region: string }[] };
      expect(result.map(({ region }) => region)).toEqual(['ENAM', 'WEU']);
    }, HEALTHY);
  });

  test('each stops in order at SIGTERM', async () => {
    for (const [name, { process: child }] of [...running].reverse()) {
      const ended = new Promise((done) => child.once('exit', (code, signal) => done([code, signal])));
      child.kill('SIGTERM');
      expect(await ended, name).toEqual([0, null]);
    }
  });
});

test('the compose client finds no fault in the file, where there is one', () => {
  const env = { PATH: process.env.PATH, LIFEGUARD_API_TOKEN: TOKEN };
  const { error, status } = spawnSync('docker', ['compose', 'version'], { env });
  if (error !== undefined || status !== 0) {
    process.stderr.write('not tried: docker compose config; there is no docker with compose\n');
    return;
  }
  const checked = spawnSync('docker', ['compose', 'config', '--quiet'], {
    cwd: PROJECT,
    env,
    encoding: 'utf8',
  });
  expect(checked).toMatchObject({ status: 0, stderr: '' });
});
