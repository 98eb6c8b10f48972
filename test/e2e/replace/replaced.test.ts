/** A running server is replaced while clients ask it by every protocol. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { queryPacket } from '../../answer/query-packet.ts';
import { endSessions } from '../../serve/encrypted/doh-client.ts';
import { connectTo, disconnectAll } from '../../serve/encrypted/stream-client.ts';
import { call, create } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, TOKEN } from '../../support/lifeguard.ts';
import { startAsking } from './asking.ts';
import { type Stage, setStage } from './stage.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });
const SOON = { timeout: 60_000, interval: 200 };

const LEAVES = 'Another process has replaced this one, which lets its connections end.';

let stage: Stage;
let server: LifeguardProcess;

const isOver = ({ process }: LifeguardProcess) => process.exitCode !== null || process.signalCode !== null;
const said = ({ log }: LifeguardProcess) => log.map(({ msg }) => String(msg));
const ask = () => startAsking('a.example.com', [192, 0, 2, 1], stage.places);
/** Replaces the server; resolves to the old one, which ends with its last connection. */
async function replace(): Promise<LifeguardProcess> {
  const old = server;
  server = await stage.start(['--replace']);
  await vi.waitFor(() => expect(said(old)).toContain(LEAVES), SOON);
  return old;
}
async function whenOver(old: LifeguardProcess): Promise<number | null> {
  await vi.waitFor(() => expect(isOver(old)).toBe(true), SOON);
  return old.end();
}

beforeAll(async () => {
  stage = await setStage();
  server = await stage.start();
});
afterAll(async () => {
  endSessions();
  disconnectAll();
  await endAll();
  stage.remove();
});

describe('a server that is replaced twice', () => {
  test('loses no query by UDP, TCP, TLS and HTTPS, no write, and no request of the API', async () => {
    const asking = ask();
    const reading = startReading(server);
    await create(server, '/pools', { name: 'web', origins: [{ name: 'a', address: '192.0.2.7' }] });
    const first = await replace();
    // Ports that were 0 stay what they were.
    expect(new URL(server.api).port).toBe(new URL(first.api).port);
    expect((await dig(server.dns, 'web.pools.example.com', 'A')).rdata).toEqual(['192.0.2.7']);
    const { result } = await call(server, 'GET', '/pools');
    await call(server, 'PATCH', `/pools/${result[0].id}`, { origins: [{ name: 'a', address: '192.0.2.8' }] });
    const second = await replace();
    expect((await dig(server.dns, 'web.pools.example.com', 'A')).rdata).toEqual(['192.0.2.8']);
    // Each asks on the connection that it has had since before the first replacement.
    expect(isOver(first)).toBe(false);
    await asking.stop();
    expect([asking.faults, asking.endings]).toEqual([[], []]);
    for (const old of [first, second]) {
      expect(await whenOver(old)).toBe(0);
      expect(said(old).at(-1)).toBe('Lifeguard has stopped: another process has replaced it.');
    }
    expect(Object.keys(asking.asked).sort()).toEqual(['HTTPS', 'TCP', 'TLS', 'UDP', 'new TCP']);
    expect(await reading.stop()).toEqual([]);
  });

  test('waits where nobody but its user can reach it', () => {
    const place = join(stage.directory, 'data/replace');
    expect(statSync(place).mode & 0o777).toBe(0o700);
    expect(readdirSync(place).sort()).toEqual(['answers', 'server']);
  });

  test('stops at once by SIGTERM, though connections of it go on', async () => {
    const client = await connectTo({ address: '127.0.0.1', port: stage.places.dns });
    const query = queryPacket({ name: 'a.example.com' });
    await client.ask(query);
    const old = await replace();
    await client.ask(query);
    expect(await old.end('SIGTERM')).toBe(0);
    expect(said(old).at(-1)).toBe('Lifeguard has stopped.');
    await client.closed;
  });

  test('goes on where the new one has a configuration that is wrong, or cannot be used', async () => {
    const asking = ask();
    await expect(stage.start(['--replace'], { LIFEGUARD_DNS_LISTEN: '192.0.2.99:5399' })).rejects.toThrow(
      'Cannot answer DNS at 192.0.2.99:5399: this machine has no such address',
    );
    await expect(stage.start(['--replace'], { LIFEGUARD_DNS_LISTEN: 'nowhere' })).rejects.toThrow(
      'LIFEGUARD_DNS_LISTEN',
    );
    await vi.waitFor(async () => expect((await call(server, 'GET', '/pools')).success).toBe(true), SOON);
    await asking.stop();
    expect([asking.faults, asking.endings]).toEqual([[], []]);
  });
});

test('a server that is killed while it is replaced leaves its sockets to the new one', async () => {
  const asking = ask();
  const old = server;
  // After the replacement that failed, it waits for another.
  await vi.waitFor(
    () => expect(readdirSync(join(stage.directory, 'data/replace'))).toContain('server'),
    SOON,
  );
  const before = old.log.length;
  const starting = stage.start(['--replace']);
  await vi.waitFor(
    () =>
      expect(said(old).slice(before)).toContain(
        'A new server prepares to replace this one, which goes on until then.',
      ),
    SOON,
  );
  await old.end('SIGKILL');
  server = await starting;
  await asking.stop();
  // What the killed process had read from a socket is gone with it; a client by UDP asks again.
  const lost: string[] = asking.faults.filter((fault) => fault === 'UDP: no answer');
  expect(lost.length).toBeLessThanOrEqual(1);
  expect(asking.faults.filter((fault) => !lost.includes(fault))).toEqual([]);
});

/** Reads from the API all the time, each time on a new connection; `stop` resolves to what failed. */
function startReading({ api }: LifeguardProcess) {
  const failures: string[] = [];
  let isOver = false;
  const reading = (async () => {
    while (!isOver) {
      const response = await fetch(`${api}/pools`, {
        headers: { authorization: `Bearer ${TOKEN}`, connection: 'close' },
      }).catch((error: Error) => ({ ok: false, status: `${error.cause ?? error.message}` }));
      if (!response.ok) failures.push(String(response.status));
      else await (response as Response).text();
    }
  })();
  return {
    async stop() {
      isOver = true;
      await reading;
      return failures;
    },
  };
}
