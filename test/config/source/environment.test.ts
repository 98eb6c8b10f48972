import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatListenAddress } from '../../../src/config/listen-address.ts';
import { ENVIRONMENT } from '../../../src/config/source/environment.ts';
import { loadConfig, SAMPLE_FILE } from '../../../src/config/source/load.ts';
import { configOf, problemsOf } from '../loading.ts';

const TOKEN = '0123456789abcdef';

describe('the environment', () => {
  const file = `
dns: { listen: [127.0.0.1:1] }
api: { listen: 127.0.0.1:2, token: ${TOKEN} }
store: { redis_url: "redis://file.example.org" }
data_dir: file
region: file
log: { level: warn }`;

  test('wins over the file', () => {
    const config = configOf(file, {
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:53, [::1]:53',
      LIFEGUARD_API_LISTEN: '[::1]:80',
      LIFEGUARD_API_TOKEN: TOKEN.toUpperCase(),
      LIFEGUARD_REDIS_URL: 'redis://env.example.org:6379/2',
      LIFEGUARD_DATA_DIR: 'env',
      LIFEGUARD_REGION: 'env',
      LIFEGUARD_LOG_LEVEL: 'silent',
      PATH: '/bin',
    });
    expect(config).toMatchObject({
      dns: {
        listen: [
          { address: '127.0.0.1', port: 53 },
          { address: '::1', port: 53 },
        ],
      },
      api: { listen: { address: '::1', port: 80 }, token: TOKEN.toUpperCase() },
      store: { redisUrl: 'redis://env.example.org:6379/2' },
      dataDir: 'env',
      region: 'env',
      log: { level: 'silent' },
    });
  });

  test('is described with its defaults', () => {
    const { dns, api, dataDir, region, log } = configOf('');
    const fallbacks = Object.entries(ENVIRONMENT).map(([name, { fallback }]) => [name, fallback]);
    expect(Object.fromEntries(fallbacks)).toMatchObject({
      LIFEGUARD_DNS_LISTEN: dns.listen.map(formatListenAddress).join(),
      LIFEGUARD_API_LISTEN: formatListenAddress(api.listen),
      LIFEGUARD_DATA_DIR: dataDir,
      LIFEGUARD_REGION: region,
      LIFEGUARD_LOG_LEVEL: log.level,
    });
  });

  test('counts an empty variable as unset', () => {
    const empty = Object.fromEntries(Object.keys(ENVIRONMENT).map((name) => [name, '']));
    expect(configOf(file, empty)).toEqual(configOf(file));
  });

  test('names the file; an argument wins over it', () => {
    const read: string[] = [];
    const readFile = (path: string) => {
      read.push(path);
      return Buffer.from('');
    };
    const env = { LIFEGUARD_CONFIG: 'from-env.yaml' };
    const systemFile = '/dev/null/none';
    loadConfig({ env: {}, readFile, systemFile });
    loadConfig({ env, readFile, systemFile: '/etc/passwd' });
    loadConfig({ path: 'from-argument.yaml', env, readFile, systemFile: '/etc/passwd' });
    expect(read).toEqual([SAMPLE_FILE, 'from-env.yaml', 'from-argument.yaml']);
  });

  test('where nothing names a file, it is that of the machine, also one that cannot be read, or else the sample', () => {
    const folder = mkdtempSync(join(tmpdir(), 'lifeguard-system-file-'));
    const systemFile = join(folder, 'lifeguard.yaml');
    const load = () => loadConfig({ env: {}, systemFile });
    expect(load()).toMatchObject({ ok: true, config: { region: 'local', zones: [expect.anything()] } });
    writeFileSync(systemFile, 'region: machine\n');
    expect(load()).toMatchObject({ ok: true, config: { region: 'machine', zones: [] } });
    rmSync(systemFile);
    symlinkSync(systemFile, systemFile);
    expect(load()).toMatchObject({ ok: false, problems: [{ path: systemFile }] });
    rmSync(folder, { recursive: true });
  });

  test('ignores what Kubernetes sets for a Service named lifeguard or lifeguard-dns', () => {
    const env = {
      LIFEGUARD_SERVICE_HOST: '192.0.2.1',
      LIFEGUARD_SERVICE_PORT: '53',
      LIFEGUARD_SERVICE_PORT_DNS_UDP: '53',
      LIFEGUARD_PORT: 'udp://192.0.2.1:53',
      LIFEGUARD_PORT_53_UDP: 'udp://192.0.2.1:53',
      LIFEGUARD_PORT_53_UDP_PROTO: 'udp',
      LIFEGUARD_PORT_53_UDP_PORT: '53',
      LIFEGUARD_PORT_53_UDP_ADDR: '192.0.2.1',
      LIFEGUARD_DNS_SERVICE_HOST: '192.0.2.2',
      LIFEGUARD_DNS_PORT: 'tcp://192.0.2.2:53',
    };
    expect(problemsOf(file, env)).toEqual([]);
  });

  test.each([
    {
      env: { LIFEGUARD_REGOIN: 'x' },
      problem: 'env LIFEGUARD_REGOIN: is not a variable of Lifeguard (did you mean "LIFEGUARD_REGION"?)',
    },
    { env: { LIFEGUARD_X: '' }, problem: 'env LIFEGUARD_X: is not a variable of Lifeguard' },
    { env: { LIFEGUARD_DNS_PORT: '53' }, problem: 'env LIFEGUARD_DNS_PORT: is not a variable of Lifeguard' },
    {
      env: { LIFEGUARD_DNS_LISTEN: '127.0.0.1:53,localhost:53' },
      problem:
        'env LIFEGUARD_DNS_LISTEN[1]: "localhost:53" has the address "localhost", which is not an IP address',
    },
    {
      env: { LIFEGUARD_DNS_LISTEN: Array.from({ length: 65 }, (_, i) => `127.0.0.1:${i + 1}`).join() },
      problem: 'env LIFEGUARD_DNS_LISTEN: has 65 items; must have 1 to 64',
    },
    {
      env: { LIFEGUARD_API_LISTEN: '5380' },
      problem: 'env LIFEGUARD_API_LISTEN: "5380" is not address:port, with an IPv6 address in brackets',
    },
    {
      env: { LIFEGUARD_LOG_LEVEL: 'INFO' },
      problem:
        'env LIFEGUARD_LOG_LEVEL: "INFO" is not one of fatal, error, warn, info, debug, trace, silent (did you mean "info"?)',
    },
    {
      env: { LIFEGUARD_API_TOKEN: 'fifteen-letters' },
      problem: 'env LIFEGUARD_API_TOKEN: has 15 characters; must have 16 to 512',
    },
  ])('refused: $problem', ({ env, problem }) => {
    expect(problemsOf(file, env)).toEqual([problem]);
  });
});
