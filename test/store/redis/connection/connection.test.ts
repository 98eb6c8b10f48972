import { EventEmitter, once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ReportedEvent } from '../../../../src/event/event.ts';
import type { ReportedState } from '../../../../src/event/reported.ts';
import { StoreRefused, StoreUnavailable } from '../../../../src/store/contract/failure.ts';
import type { Report } from '../../../../src/store/contract/lead.ts';
import { RedisUrlError } from '../../../../src/store/redis/connection/url.ts';
import { keysUnder } from '../../../../src/store/redis/keys.ts';
import { openRedisStore } from '../../../../src/store/redis/redis.ts';
import type { Store } from '../../../../src/store/store.ts';
import { type Certificates, type KeyPair, makeCertificates } from '../../../probe/certificates.ts';
import { type RedisServer, startRedis } from '../../../support/server/redis.ts';
import { WAIT } from '../../contract/recorder.ts';
import { audit, event, monitor, node, observation, putPool, remove, worker } from '../../contract/samples.ts';

const PASSWORD = 'p%40ss:w0rd';
let redis: RedisServer;
const stores: Store[] = [];
const servers: Server[] = [];
const open = (url: string, prefix = 'test'): Store => {
  const store = openRedisStore(url, { prefix });
  stores.push(store);
  return store;
};
beforeAll(async () => {
  redis = await startRedis({ password: 'secret' });
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  for (const server of servers.splice(0)) server.close();
  await redis.send('FLUSHALL');
});
afterAll(() => redis.stop());

describe('URL', () => {
  test('one that cannot be used is refused, and not repeated', () => {
    const url = `redis://:${PASSWORD}@example.org?db=1`;
    const says = 'the Redis URL must not have options after ? or #';
    expect(() => openRedisStore(url, { prefix: 'test' })).toThrow(new RedisUrlError(says));
  });

  test.each(['', 'a{b', 'a}', 'a b', 'ü', 'x'.repeat(101)])('refuses the prefix %j', (prefix) => {
    expect(() => openRedisStore(redis.url, { prefix })).toThrow(RangeError);
  });
  test('takes a prefix of 100 characters', async () => {
    expect(await open(redis.url, 'x'.repeat(100)).commit([putPool('p')])).toEqual({ ok: true, revision: 1 });
  });
});

describe('keys', () => {
  const useEveryKey = async (store: Store) => {
    const lease = await store.join(worker('w1'));
    const referrer = putPool('b', { references: [{ kind: 'pool', id: 'a' }] });
    const writes = [putPool('a', { unique: ['n'] }), referrer];
    expect(await store.commit(writes, [audit('a')])).toMatchObject({ ok: true });
    const put = [{ observation: observation('c'), changed: true }];
    expect(await store.publish(lease, { put, drop: [], events: [event('e')] })).toBe('published');
    const lead = (await store.lead('n'))!;
    const over: ReportedEvent = {
      kind: 'region',
      region: 'eu',
      was: 'live',
      now: 'absent',
      reason: '',
      atMs: 1,
    };
    const state: ReportedState = { kind: 'region', presence: 'absent' };
    const telling: Report = { events: [over], put: [{ subject: 'region/eu', state }], drop: [] };
    expect(await store.report(lead, telling)).toBe('reported');
    expect(await store.moveCursor(lead, 'd', '1-0')).toBe('moved');
    expect(await store.announce(node('n'))).toBe('announced');
    expect(await store.requestPreview({ id: 'p', monitor: monitor('m'), pools: [] })).toBe('kept');
    expect(await store.takePreview(lease)).toMatchObject({ id: 'p' });
  };

  test('are exactly those listed, and two prefixes are two stores', async () => {
    await useEveryKey(open(redis.url, 'one'));
    expect((await open(redis.url, 'two').read()).documents).toEqual([]);
    await useEveryKey(open(redis.url, 'two'));
    const all = await redis.send(
      `EVAL "return redis.status_reply(table.concat(redis.call('KEYS','*'),' '))" 0`,
    );
    const listed = ['one', 'two'].flatMap((prefix) => Object.values(keysUnder(prefix)));
    expect(all.slice(1).split(' ').sort()).toEqual(listed.sort());
  });

  test('are in one slot of a cluster', async () => {
    const cluster = await startRedis({ args: ['--cluster-enabled', 'yes'] });
    try {
      await cluster.send('CLUSTER ADDSLOTSRANGE 0 16383');
      await expect.poll(() => cluster.send('SET x y'), WAIT).toBe('+OK');
      const store = open(cluster.url);
      await useEveryKey(store);
      expect(await store.commit([remove('pool', 'b'), remove('pool', 'a')])).toMatchObject({ ok: true });
      expect(await store.workers()).toEqual([worker('w1')]);
    } finally {
      await cluster.stop();
    }
  });

  test('the database in the URL is used', async () => {
    await open(`${redis.url}/5`).commit([putPool('p')]);
    expect(await redis.send('DBSIZE')).toBe(':0');
    expect((await open(`${redis.url}/5`).read()).revision).toBe(1);
  });
});

describe('password', () => {
  test('a wrong password fails, and the error does not contain it', async () => {
    const store = open(redis.url.replace('secret', 'guessed'));
    const failure = await store.read().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreRefused);
    expect(failure).toMatchObject({
      why: 'Redis does not accept the user or the password of store.redis_url',
    });
    expect(String(failure)).toMatch(/WRONGPASS|invalid username-password/);
    const everything = Object.getOwnPropertyNames(failure).map((name) =>
      JSON.stringify(Reflect.get(failure as object, name)),
    );
    expect(everything.join()).not.toContain('guessed');
  });

  test('an error of a server that repeats its input does not contain the password', async () => {
    const parrot = await listen(
      createServer((socket) => {
        socket.on('data', (chunk) =>
          socket.write(`-ERR unknown command ${String(chunk).replaceAll(/\s+/g, ' ')}\r\n`),
        );
      }),
    );
    const failure = await open(`redis://:guessed@127.0.0.1:${parrot}`)
      .read()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect(String(failure)).toContain('***');
    expect(String(failure)).not.toContain('guessed');
  });
});

describe('commands', () => {
  test('scripts are sent again when Redis has lost them', async () => {
    const store = open(redis.url);
    await store.commit([putPool('p')]);
    await redis.send('SCRIPT FLUSH');
    expect(await store.commit([putPool('p')])).toEqual({ ok: true, revision: 2 });
    expect((await store.read()).revision).toBe(2);
  });

  test('a commit whose answer was cut off is not repeated', async () => {
    let cut = false;
    const port = await listen(createServer((socket) => relay(socket, () => cut)));
    const store = open(redis.url.replace(String(redis.port), String(port)));
    await store.commit([putPool('p1')]);
    cut = true;
    await expect(store.commit([putPool('p2')])).rejects.toThrow(StoreUnavailable);
    cut = false;
    const direct = open(redis.url);
    expect((await direct.read()).revision).toBe(2);
    await expect
      .poll(() => store.commit([putPool('p3')]).catch(() => undefined), WAIT)
      .toEqual({ ok: true, revision: 3 });
  });

  test('a call with many items takes one round trip', async () => {
    let writes = 0;
    const port = await listen(
      createServer((socket) =>
        relay(
          socket,
          () => false,
          () => {
            writes += 1;
          },
        ),
      ),
    );
    const store = open(redis.url.replace(String(redis.port), String(port)));
    const lease = await store.join(worker('w1'));
    const put = Array.from({ length: 200 }, (_, i) => ({ observation: observation(`c${i}`), changed: true }));
    await store.publish(lease, { put: [], drop: [], events: [] });
    await store.commit([]);
    const before = writes;
    await store.publish(lease, { put, drop: [], events: [] });
    expect(writes - before).toBe(1);
    await store.commit(Array.from({ length: 200 }, (_, i) => putPool(`p${i}`)));
    expect(writes - before).toBe(2);
  });

  test('running calls fail when the store is closed', async () => {
    const silent = await listen(createServer(() => {}));
    const store = open(`redis://127.0.0.1:${silent}`);
    const pending = [store.read(), store.commit([putPool('p')])];
    await store.close();
    for (const call of pending) await expect(call).rejects.toThrow(StoreUnavailable);
  });
});

describe('TLS', () => {
  let certificates: Certificates;
  beforeAll(() => {
    certificates = makeCertificates();
  });
  const readOver = async ({ key, cert }: KeyPair) => {
    const port = await listen(createTlsServer({ key, cert }, (socket) => relay(socket, () => false)));
    return open(`rediss://:secret@127.0.0.1:${port}`).read();
  };

  test('a host name is sent as SNI (before: none was)', async () => {
    const { key, cert } = certificates.good;
    const named = Promise.withResolvers<string>();
    const server = createTlsServer({
      key,
      cert,
      SNICallback(name, done) {
        named.resolve(name);
        done(null);
      },
    });
    const read = open(`rediss://localhost:${await listen(server)}`).read();
    await expect(read).rejects.toBeInstanceOf(StoreUnavailable);
    expect(await named.promise).toBe('localhost');
  });

  test('a certificate without a known authority is refused', async () => {
    await expect(readOver(certificates.selfSigned)).rejects.toThrow(/self-signed/);
    await expect(readOver(certificates.good)).rejects.toThrow(/unable to verify|unable to get/);
  });

  test('a certificate of a known authority is accepted only for its own name', async () => {
    const known = getCACertificates('default');
    setDefaultCACertificates([...known, certificates.authority]);
    try {
      expect(await readOver(certificates.good)).toMatchObject({ revision: 0 });
      await expect(readOver(certificates.otherName)).rejects.toThrow(/altnames/);
      await expect(readOver(certificates.expired)).rejects.toThrow(/expired/);
    } finally {
      setDefaultCACertificates(known);
    }
  });
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Passes octets to Redis and back; where `cut` says so, Redis' answer ends the connection instead. */
function relay(client: Socket, cut: () => boolean, answered: () => void = () => {}): void {
  const upstream = connect(redis.port, '127.0.0.1');
  client.on('error', () => upstream.destroy()).on('close', () => upstream.destroy());
  upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
  client.on('data', (chunk) => upstream.write(chunk));
  upstream.on('data', (chunk) => {
    answered();
    if (cut()) client.destroy();
    else client.write(chunk);
  });
}

test('a server that closes each connection left one more listener behind each time', async () => {
  let accepted = 0;
  const server = createServer((socket) => {
    accepted += 1;
    socket.on('error', () => {});
    socket.end();
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const warned: unknown[] = [];
  const note = (warning: Error & { readonly type?: unknown }) => void warned.push(warning.type);
  const before = EventEmitter.defaultMaxListeners;
  process.on('warning', note);
  EventEmitter.defaultMaxListeners = 3;
  try {
    open(`redis://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await vi.waitFor(() => expect(accepted).toBeGreaterThan(4), WAIT);
  } finally {
    EventEmitter.defaultMaxListeners = before;
    process.off('warning', note);
  }
  expect(warned).not.toContain('ready');
});
