import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Listeners, type ListenOptions, startListeners } from '../../../src/serve/listen/listen.ts';
import type { ListenError } from '../../../src/serve/listen/listen-error.ts';
import { hasBatchedCalls } from '../../../src/serve/udp/socket/libc.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { type KeyPair, makeCertificates } from '../../probe/certificates.ts';
import { dig } from '../../support/dig.ts';
import { runProgram } from '../../support/run-program.ts';
import { PROJECT } from '../../support/source-tree.ts';
import { askHttp1 } from '../encrypted/doh-client.ts';
import { connectTo, disconnectAll } from '../encrypted/stream-client.ts';
import { tableAnswering } from '../udp/answers.ts';

const certificates = makeCertificates();
const www = queryPacket({ name: 'www.example.org', id: 0 });
const PATH = '/dns-query';

let directory: string;
const listeners: Listeners[] = [];
const files = () => ({ cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') });
const write = ({ cert, key }: KeyPair) => {
  writeFileSync(files().cert, cert);
  writeFileSync(files().key, key);
};
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-listen-'));
  write(certificates.good);
});
afterEach(async () => {
  disconnectAll();
  await Promise.all(listeners.splice(0).map((each) => each.stop()));
  rmSync(directory, { recursive: true });
});

const ANY = [{ address: '127.0.0.1', port: 0 }];
const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };

async function startHere(fields: Partial<ListenOptions> = {}): Promise<Listeners> {
  const started = await startListeners({
    listen: ANY,
    engine: 'portable',
    workers: 1,
    table: tableAnswering(1).buffers,
    settings: PLAIN,
    tcp: { connectionsMax: 4, connectionsPerClientMax: 4, idleTimeoutMs: 10_000, transferTimeoutMs: 5_000 },
    proxyProtocolFrom: [],
    log,
    ...fields,
  });
  listeners.push(started);
  return started;
}
const all = (): Partial<ListenOptions> => ({
  tls: { listen: ANY, ...files() },
  https: { listen: ANY, path: PATH, certificate: files() },
});
const askHttps = (port: number) =>
  askHttp1(
    { address: '127.0.0.1', port, ca: certificates.authority },
    { path: `${PATH}?dns=${Buffer.from(www).toString('base64url')}` },
  );

test.each(['portable', ...(hasBatchedCalls() ? (['batched'] as const) : [])] as const)(
  'thousands of idle connections do not slow down UDP, with the %s engine',
  async (engine) => {
    const connectionsMax = 3_000;
    const limits = { connectionsMax, connectionsPerClientMax: connectionsMax };
    const { addresses, connections } = await startHere({
      engine,
      tcp: { ...limits, idleTimeoutMs: 60_000, transferTimeoutMs: 5_000 },
    });
    for (let i = 0; i < connectionsMax; i += 1) await connectTo(addresses[0]!);
    await vi.waitUntil(() => connections.open === connectionsMax);
    const client = createSocket('udp4');
    client.connect(addresses[0]!.port, addresses[0]!.address);
    await once(client, 'connect');
    for (let id = 0; id < 100; id += 1) {
      client.send(queryPacket({ name: 'www.example.org', id }));
      const [reply] = (await once(client, 'message')) as [Buffer];
      expect(reply.readUInt16BE(0)).toBe(id);
    }
    client.close();
    expect(connections).toMatchObject({ open: connectionsMax, displaced: 0, refused: 0 });
  },
);

test('UDP, TCP, TLS and HTTPS give the same answer', async () => {
  const { addresses, tls, https } = await startHere(all());
  for (const words of [['+notcp'], ['+tcp']])
    expect((await dig(addresses[0]!, 'www.example.org', ...words)).rdata).toEqual(['192.0.2.1']);
  expect((await dig(tls[0]!, 'www.example.org', '+tls')).rdata).toEqual(['192.0.2.1']);
  expect((await dig(https[0]!, 'www.example.org', '+https')).rdata).toEqual(['192.0.2.1']);
});

test('TLS and HTTPS do not listen unless they are configured', async () => {
  const { tls, https } = await startHere();
  expect([tls, https]).toEqual([[], []]);
});

test('one limit applies to TCP, TLS and HTTPS together', async () => {
  const { addresses, tls, https, connections } = await startHere(all());
  const idle = [];
  for (const address of [addresses[0]!, tls[0]!, https[0]!, addresses[0]!])
    idle.push(await connectTo(address));
  await vi.waitUntil(() => connections.open === 4, { timeout: 40_000 });
  expect((await askHttps(https[0]!.port)).status).toBe(200);
  await idle[0]!.closed;
  expect(connections).toMatchObject({ displaced: 1, refused: 0 });
});

describe('certificate files', () => {
  test('changed files are used; broken ones are logged and not used', async () => {
    const { https } = await startHere(all());
    log.error.mockClear();
    writeFileSync(files().cert, 'broken');
    await vi.waitUntil(() => log.error.mock.calls.length === 2, { timeout: 40_000 });
    expect(log.error.mock.calls.map(([, text]) => text)).toEqual(
      expect.arrayContaining([
        'DNS over TLS cannot use the new certificate and keeps the old one.',
        'DNS over HTTPS cannot use the new certificate and keeps the old one.',
      ]),
    );
    expect((await askHttps(https[0]!.port)).status).toBe(200);
    write(certificates.expired);
    await vi.waitUntil(
      () =>
        askHttps(https[0]!.port).then(
          () => false,
          ({ code }) => code === 'CERT_HAS_EXPIRED',
        ),
      { timeout: 40_000, interval: 100 },
    );
    expect(log.info).toHaveBeenCalledWith(
      { cert: files().cert, certificateEnds: new Date('2021-01-01T00:00:00Z') },
      'DNS over HTTPS uses the new certificate.',
    );
  });

  test.each(['tls', 'https'] as const)(
    'missing files stop the start of %s, and of all listeners',
    async (which) => {
      rmSync(files().key);
      const starting = startHere({ [which]: all()[which] });
      await expect(starting).rejects.toMatchObject({ name: 'ListenError' });
      const { message } = (await starting.catch((error: unknown) => error)) as ListenError;
      expect(message).toMatch(
        new RegExp(`^dns\\.${which}: Cannot use the certificate .*cert\\.pem with the key .*ENOENT`),
      );
    },
  );
});

test('a process that cannot use its certificate says so in one line, and exits', async () => {
  rmSync(files().key);
  const config = join(directory, 'lifeguard.yaml');
  const tls = { listen: ['127.0.0.1:0'], ...files() };
  writeFileSync(
    config,
    JSON.stringify({
      dns: { listen: ['127.0.0.1:0'], tls },
      api: { listen: '127.0.0.1:0' },
      data_dir: directory,
    }),
  );
  const program = join(PROJECT, 'src/lifeguard.js');
  const { code, stderr } = await runProgram(process.execPath, [program, 'serve', '-c', config]);
  expect(code).toBe(1);
  expect(stderr.trim().split('\n').at(-1)).toMatch(
    /^dns\.tls: Cannot use the certificate .* with the key .*: ENOENT/,
  );
});

test('the error names the address that is taken, and no listener stays open', async () => {
  const { https } = await startHere(all());
  const starting = startHere({
    tls: { listen: [https[0]!], ...files() },
    listen: [{ address: '127.0.0.1', port: 0 }],
  });
  await expect(starting).rejects.toMatchObject({
    code: 'EADDRINUSE',
    port: https[0]!.port,
    setting: 'dns.tls.listen',
  });
  const { addresses } = await startHere();
  const free = await startHere();
  await listeners.pop()!.stop();
  // TLS could start here, UDP and TCP cannot.
  await expect(
    startHere({ listen: addresses, tls: { listen: free.addresses, ...files() } }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const again = await startHere({ tls: { listen: free.addresses, ...files() } });
  expect(again.tls[0]!.port).toBe(free.addresses[0]!.port);
});
