import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startMetricsListener } from '../../src/admin/metrics/metrics-listener.ts';
import { startTestAdmin } from '../admin/server.ts';
import { makeCertificates } from '../probe/certificates.ts';
import { runHere } from '../support/in-process.ts';

const { good, expired } = makeCertificates();
const stops: (() => unknown)[] = [];
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-live-'));
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
  rmSync(directory, { recursive: true });
});

/** Asks by a configuration file with this text. */
async function check(config: string, ...words: string[]) {
  const file = join(directory, 'lifeguard.yaml');
  writeFileSync(file, config);
  const { code, stdout, stderr } = await runHere(['check-live', ...words, '-c', file]);
  return [code, stdout + stderr];
}

async function listening(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  stops.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

const tls = '{ cert: none.pem, key: none.pem }';

test('a server is asked over HTTP, even if it listens on every address', async () => {
  const { port } = await startTestAdmin();
  const config = `api: { listen: "0.0.0.0:${port}", insecure: true }`;
  const origin = `http://127.0.0.1:${port}`;
  expect(await check(config, 'serve')).toEqual([0, `${origin}/livez answered with status 200.\n`]);
  expect(await check(config, 'serve', '--ready')).toEqual([
    0,
    `${origin}/readyz answered with status 200.\n`,
  ]);
});

test('a server with a certificate is asked over HTTPS, whatever the name and end of the certificate', async () => {
  const { port } = await startTestAdmin({ tls: good });
  const config = (to: number) => `api: { listen: "127.0.0.1:${to}", tls: ${tls} }`;
  expect(await check(config(port), 'serve')).toEqual([
    0,
    `https://127.0.0.1:${port}/livez answered with status 200.\n`,
  ]);
  const ended = await listening(createTlsServer(expired, (_, reply) => reply.end()));
  expect((await check(config(ended), 'serve'))[0]).toBe(0);
});

test('a monitor is asked at its metrics listener', async () => {
  const metrics = { contentType: 'text/plain', text: async () => '' };
  const listener = await startMetricsListener({ listen: { address: '127.0.0.1', port: 0 }, metrics });
  const { host } = new URL(listener.url);
  const config = `monitor: { metrics_listen: "${host}" }`;
  expect(await check(config, 'monitor')).toEqual([0, `http://${host}/livez answered with status 200.\n`]);
  await listener.stop();
  expect(await check(config, 'monitor')).toEqual([
    1,
    expect.stringMatching(/^No answer from \S+\/livez: .*ECONNREFUSED/),
  ]);
});

test.each<[string, RequestListener, RegExp]>([
  ['is not ready', (_, reply) => reply.writeHead(503).end(), /answered with status 503/],
  ['closes the connection', ({ socket }) => socket.destroy(), /^No answer from .*: socket hang up/],
  ['does not answer', () => undefined, /^No answer from .*: The operation was aborted/],
])('a server that %s is not live', async (_, serve, said) => {
  const server = createServer(serve);
  const port = await listening(server);
  const found = await check(`api: { listen: "127.0.0.1:${port}" }`, 'serve', '--ready');
  server.closeAllConnections();
  expect(found).toEqual([1, expect.stringMatching(said)]);
});

test.each([
  ['', ['monitor'], /configure monitor\.metrics_listen/],
  ['monitor: { metrics_listen: "127.0.0.1:1" }', ['monitor', '--ready'], /Use --ready with serve only/],
  ['api: { listen: "127.0.0.1:0" }', ['serve'], /on port 0: any free port/],
  ['', ['demo'], /Allowed choices are serve, monitor/],
  ['nothing: 1', ['serve'], /^nothing: is not a key here/],
])('%s %j is an invalid configuration or command line', async (config, words, said) => {
  expect(await check(config, ...words)).toEqual([2, expect.stringMatching(said)]);
});
