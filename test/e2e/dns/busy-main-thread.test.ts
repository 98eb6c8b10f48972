import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { hasBatchedCalls } from '../../../src/serve/udp/socket/libc.ts';
import { makeCertificates } from '../../probe/certificates.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';

const certificates = makeCertificates();
const ENGINES = ['portable', ...(hasBatchedCalls() ? ['batched'] : [])];

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-busy-'));
});
afterEach(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

/** Starts a server with a debugger, through which a test can hold up its main thread. */
async function startWithDebugger(engine: string): Promise<LifeguardProcess> {
  const config = join(directory, 'lifeguard.yaml');
  const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
  writeFileSync(files.cert, certificates.good.cert);
  writeFileSync(files.key, certificates.good.key, { mode: 0o600 });
  writeFileSync(
    config,
    JSON.stringify({
      dns: {
        tls: { listen: ['127.0.0.1:0'], ...files },
        https: { listen: ['127.0.0.1:0'], ...files },
      },
      zones: [
        {
          name: 'example.org',
          ns: [{ name: 'ns.example.org', addresses: ['192.0.2.53'] }],
          records: [{ name: 'www', type: 'A', value: '192.0.2.1' }],
        },
      ],
    }),
  );
  return startLifeguard('serve', {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_DNS_ENGINE: engine,
    NODE_OPTIONS: '--inspect=127.0.0.1:0',
  });
}

/** Holds up the main thread of a process for good, and resolves when it stands still. */
async function holdMainThread({ log, api }: LifeguardProcess): Promise<void> {
  const [url] = log.flatMap(({ msg }) => /ws:\/\/\S+/.exec(String(msg)) ?? []);
  const debug = new WebSocket(url!);
  await new Promise((resolve) => debug.addEventListener('open', resolve));
  const expression = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)';
  debug.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression } }));
  const health = new URL('/healthz', api);
  await vi.waitUntil(
    () =>
      Promise.race([
        fetch(health).then(
          (response) => response.body?.cancel().then(() => false),
          () => false,
        ),
        sleep(500, true),
      ]),
    { timeout: 40_000 },
  );
}

const portOf = ({ log }: LifeguardProcess, message: string) => {
  const { listen } = log.find(({ msg }) => msg === message) as { listen?: { port: number }[] };
  return listen![0]!.port;
};

test.each(ENGINES)(
  'a blocked main thread delays no query over any transport, with the %s engine',
  async (engine) => {
    const serve = await startWithDebugger(engine);
    const { address, port } = serve.dns;
    const tls = portOf(serve, 'Lifeguard answers DNS over TLS.');
    const https = portOf(serve, 'Lifeguard answers DNS over HTTPS.');
    await holdMainThread(serve);
    for (const [at, option] of [
      [port, '+notcp'],
      [port, '+tcp'],
      [tls, '+tls'],
      [https, '+https'],
    ] as const)
      expect(await dig({ address, port: at }, 'www.example.org', option)).toMatchObject({
        status: 'NOERROR',
        rdata: ['192.0.2.1'],
      });
  },
);
