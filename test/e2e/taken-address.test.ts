import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hasBatchedCalls } from '../../src/serve/udp/socket/libc.ts';
import { PROGRAM } from '../support/lifeguard.ts';
import { runProgram } from '../support/run-program.ts';

let directory: string;
const closing: (() => unknown)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-taken-'));
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  rmSync(directory, { recursive: true });
});

/** A program of this process at an address; its port. */
async function holdTcp(address: string): Promise<number> {
  // Even one that would share it.
  const server = createServer().listen({ port: 0, host: address, reusePort: true });
  await once(server, 'listening');
  closing.push(() => server.close());
  return (server.address() as { port: number }).port;
}

async function holdUdpShared(address: string): Promise<number> {
  for (;;) {
    const socket = createSocket({ type: 'udp4', reusePort: true });
    socket.bind(0, address);
    await once(socket, 'listening');
    closing.push(() => socket.close());
    const { port } = socket.address();
    // A connection of another test may have the port by TCP, which would be noticed first.
    if (await isFreeByTcp(address, port)) return port;
  }
}

function isFreeByTcp(address: string, port: number): Promise<boolean> {
  const server = createServer();
  const { promise, resolve } = Promise.withResolvers<boolean>();
  server.once('error', () => resolve(false));
  server.listen(port, address, () => server.close(() => resolve(true)));
  return promise;
}

const start = (kind: string, env: Readonly<Record<string, string>>) =>
  runProgram(
    'env',
    [
      `LIFEGUARD_DATA_DIR=${join(directory, 'data')}`,
      'LIFEGUARD_DNS_LISTEN=127.0.0.1:0',
      'LIFEGUARD_API_LISTEN=127.0.0.1:0',
      'LIFEGUARD_API_TOKEN=0123456789abcdef',
      'LIFEGUARD_LOG_LEVEL=error',
      ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
      process.execPath,
      PROGRAM,
      kind,
    ],
    { timeoutMs: 25_000 },
  );
const HERE = `\\(process ${process.pid}\\) listens at 127\\.0\\.0\\.1:PORT`;
const says = (text: string, port: number) => new RegExp(`^${text.replaceAll('PORT', String(port))}\\n$`);

test.each(['portable', ...(hasBatchedCalls() ? ['batched'] : [])])(
  'a socket that would share the UDP port is noticed at the start, with the %s engine, and named',
  async (engine) => {
    const port = await holdUdpShared('127.0.0.1');
    const { code, stderr } = await start('serve', {
      LIFEGUARD_DNS_LISTEN: `127.0.0.2:${port},127.0.0.1:${port}`,
      LIFEGUARD_DNS_ENGINE: engine,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      says(
        `Cannot answer DNS at 127\\.0\\.0\\.1:PORT: \\S.* ${HERE}, UDP\\. Stop it, or choose another address or port with LIFEGUARD_DNS_LISTEN\\.`,
        port,
      ),
    );
  },
);

test('the portable engine names the wildcard address that is configured, and what to write instead (once: the one that is taken)', async () => {
  const socket = createSocket({ type: 'udp6', ipv6Only: true });
  socket.bind(0, '::1');
  await once(socket, 'listening');
  closing.push(() => socket.close());
  const { port } = socket.address();
  const { code, stderr } = await start('serve', {
    LIFEGUARD_DNS_LISTEN: `[::]:${port}`,
    LIFEGUARD_DNS_ENGINE: 'portable',
  });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    says(
      `Cannot answer DNS at \\[::\\]:PORT: \\S.* \\(process ${process.pid}\\) listens at \\[::1\\]:PORT, UDP\\. Stop it, or (list the other addresses, LIFEGUARD_DNS_LISTEN=\\[.*|choose another address or port with LIFEGUARD_DNS_LISTEN)\\.`,
      port,
    ),
  );
});

test('where the configuration file has the address, the error names its key there (once: the variable)', async () => {
  const port = await holdTcp('127.0.0.1');
  const config = join(directory, 'listen.yaml');
  const started = (text: string) => {
    writeFileSync(config, text);
    // An empty variable leaves the setting to the file.
    return start('serve', { LIFEGUARD_CONFIG: config, LIFEGUARD_DNS_LISTEN: '', LIFEGUARD_API_LISTEN: '' });
  };
  const dns = await started(`dns: { listen: ["127.0.0.1:${port}"] }\napi: { listen: "127.0.0.1:0" }\n`);
  expect([dns.code, dns.stderr]).toEqual([
    1,
    expect.stringMatching(/choose another address or port with dns\.listen\.\n$/),
  ]);
  const api = await started(`dns: { listen: ["127.0.0.1:0"] }\napi: { listen: "127.0.0.1:${port}" }\n`);
  expect([api.code, api.stderr]).toEqual([
    1,
    expect.stringMatching(/choose another address or port with api\.listen\.\n$/),
  ]);
  const every = await started(`dns: { listen: ["0.0.0.0:${port}"] }\napi: { listen: "127.0.0.1:0" }\n`);
  expect(every.code).toBe(1);
  expect(every.stderr).toMatch(/dns\.listen(: \['.*'\]|)\.\n$/);
});

test('when one of all addresses is taken, the error names it and what to configure instead', async () => {
  const port = await holdTcp('127.0.0.53');
  const { code, stderr } = await start('all', { LIFEGUARD_DNS_LISTEN: `0.0.0.0:${port}` });
  expect(code).toBe(1);
  const own = Object.values(networkInterfaces())
    .flatMap((each = []) => each)
    .filter(({ family }) => family === 'IPv4');
  expect(stderr).toContain(`Cannot answer DNS at 0.0.0.0:${port}: `);
  expect(stderr).toContain(`listens at 127.0.0.53:${port}, TCP. Stop it, or list the other addresses, `);
  expect(stderr).toContain(
    `LIFEGUARD_DNS_LISTEN=${own.map(({ address }) => `${address}:${port}`).join(',')}`,
  );
});

test('the same applies to the API, to a monitor and to DNS over HTTPS', async () => {
  const port = await holdTcp('127.0.0.1');
  const api = await start('serve', { LIFEGUARD_API_LISTEN: `127.0.0.1:${port}` });
  expect([api.code, api.stderr]).toEqual([
    1,
    expect.stringMatching(
      says(
        `Cannot serve the API at 127\\.0\\.0\\.1:PORT: \\S.* ${HERE}, TCP\\. Stop it, or choose another address or port with LIFEGUARD_API_LISTEN\\.`,
        port,
      ),
    ),
  ]);
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(
    config,
    `monitor: { metrics_listen: "127.0.0.1:${port}" }\ndns: { https: { listen: ["127.0.0.1:${port}"], insecure: true } }\n`,
  );
  writeFileSync(join(directory, 'monitor.yaml'), `monitor: { metrics_listen: "127.0.0.1:${port}" }\n`);
  const monitor = await start('monitor', {
    LIFEGUARD_CONFIG: join(directory, 'monitor.yaml'),
    LIFEGUARD_REDIS_URL: 'redis://127.0.0.1:1',
  });
  expect(monitor.code).toBe(1);
  expect(monitor.stderr).toMatch(
    new RegExp(`Cannot serve metrics at 127\\.0\\.0\\.1:${port}: .*monitor\\.metrics_listen\\.\\n$`),
  );
  writeFileSync(config, `dns: { https: { listen: ["127.0.0.1:${port}"], insecure: true } }\n`);
  const https = await start('serve', { LIFEGUARD_CONFIG: config });
  expect(https.code).toBe(1);
  // Once it began with the words of the system.
  expect(https.stderr).toMatch(
    says(
      `Cannot answer DNS over HTTPS at 127\\.0\\.0\\.1:PORT: \\S.* ${HERE}, TCP\\. Stop it, or choose another address or port with dns\\.https\\.listen\\.`,
      port,
    ),
  );
});

test('two configured addresses of which one includes the other are both named', async () => {
  const { code, stderr } = await start('serve', { LIFEGUARD_DNS_LISTEN: '127.0.0.1:5353,0.0.0.0:5353' });
  expect([code, stderr]).toEqual([
    2,
    'env LIFEGUARD_DNS_LISTEN: 0.0.0.0:5353 and 127.0.0.1:5353 conflict, because one of them is every address; remove one, or give it another port\n',
  ]);
});
