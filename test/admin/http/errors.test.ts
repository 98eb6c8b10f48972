import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WAITING_MAX } from '../../../src/admin/access/waiting.ts';
import { APPLIED } from '../../../src/admin/apply/routes.ts';
import { BODY_OCTETS_MAX } from '../../../src/admin/http/answer-errors.ts';
import { FAILED_ATTEMPTS_MAX } from '../../../src/admin/http/attempt-limit.ts';
import { HEADER_OCTETS_MAX } from '../../../src/admin/http/client-error.ts';
import { CONNECTIONS_MAX, RESERVED_MAX } from '../../../src/admin/http/connections.ts';
import { ERRORS, type ErrorName } from '../../../src/admin/http/errors.ts';
import { WRITE_ATTEMPTS_MAX } from '../../../src/admin/resource/write.ts';
import { LIMITS_DEFAULT } from '../../../src/pool/limits.ts';
import { WRITES_MAX } from '../../../src/store/contract/documents.ts';
import {
  StoreDamaged,
  StoreNotReplicated,
  StoreRefused,
  StoreUncertain,
} from '../../../src/store/contract/failure.ts';
import { PREVIEWS_MAX } from '../../../src/store/contract/previews.ts';
import type { Store } from '../../../src/store/store.ts';
import { override } from '../../store/contract/samples.ts';
import { awayAfterOne, PROVOKE_OF_BACKUPS } from '../backup/provoke-backup-errors.ts';
import { PROVOKE_OF_RECORDS } from '../records/provoke-record-errors.ts';
import {
  ACCOUNT,
  type Answer,
  MONITORS,
  POOLS,
  startTestAdmin,
  type TestAdmin,
  TOKEN,
  TOKENS,
} from '../server.ts';
import { PROVOKE_OF_SESSIONS } from '../sessions/provoke-session-errors.ts';
import { PROVOKE_OF_TOKENS } from '../tokens/provoke-token-errors.ts';
import { raw } from './raw-request.ts';

const ID = 'f'.repeat(32);
const VERIFY = '/client/v4/user/tokens/verify';
const pool = { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] };

/** How to come by each error of the catalogue. */
const PROVOKE: Record<ErrorName, (api: TestAdmin) => Promise<Answer>> = {
  ...PROVOKE_OF_RECORDS,
  ...PROVOKE_OF_SESSIONS,
  ...PROVOKE_OF_BACKUPS,
  ...PROVOKE_OF_TOKENS,
  notFound: (api) => api.call('GET', `${POOLS}/${ID}`),
  noPool: (api) => api.call('GET', '/lifeguard/v1/events?pool=none'),
  noDestination: (api) => api.call('POST', '/lifeguard/v1/notifications/test?destination=mail'),
  invalid: (api) => api.call('POST', POOLS, { ...pool, name: 'a b' }),
  notUnique: async (api) => {
    await api.call('POST', POOLS, pool);
    return api.call('POST', POOLS, pool);
  },
  referenced: async (api) => {
    const monitor = (await api.call('POST', MONITORS, { type: 'icmp_ping' })).body.result.id;
    await api.call('POST', POOLS, { ...pool, monitor });
    return api.call('DELETE', `${MONITORS}/${monitor}`);
  },
  healthUnavailable: async (api) => {
    const { id } = (await api.call('POST', POOLS, pool)).body.result;
    return api.call('GET', `${POOLS}/${id}/health`);
  },
  wrongToken: (api) => api.call('GET', VERIFY, undefined, { authorization: 'Bearer wrong' }),
  noAccess: (api) => api.call('GET', POOLS, undefined, { authorization: 'Bearer wrong' }),
  wrongKey: (api) => bare(api, { 'x-auth-key': 'wrong', 'x-auth-email': 'me@example.org' }),
  noCredential: (api) => bare(api, {}),
  badConfiguration: async () => {
    const problems = [{ path: 'zones', message: 'must be a list' }];
    const admin = await startTestAdmin({ reload: async () => ({ ok: false, problems }) });
    return admin.call('POST', '/lifeguard/v1/reload');
  },
  limitReached: async () => {
    const full = await startTestAdmin({ limits: { ...LIMITS_DEFAULT, pools: 0 } });
    return full.call('POST', POOLS, pool);
  },
  otherAccount: async () => {
    const other = await startTestAdmin({ accountId: ID });
    return other.call('GET', POOLS);
  },
  noRight: async (api) => {
    const made = await api.call('POST', TOKENS, { name: 'reader', scope: 'read' });
    return api.call('POST', POOLS, pool, { authorization: `Bearer ${made.body.result.token}` });
  },
  preconditionFailed: async (api) => {
    const { id } = (await api.call('POST', POOLS, pool)).body.result;
    return api.call('PUT', `${POOLS}/${id}`, pool, { 'if-match': '"7"' });
  },
  badAuthorization: (api) => api.call('GET', POOLS, undefined, { authorization: 'Basic bWU6bWU=' }),
  badAuthKey: (api) => bare(api, { 'x-auth-key': 'a b', 'x-auth-email': 'me@example.org' }),
  badIdentifier: (api) => api.call('GET', `${POOLS}/${ID.toUpperCase()}`),
  noRoute: (api) => api.call('GET', `/client/v4/accounts/${ACCOUNT}/load_balancing/nothing`),
  badJson: (api) => api.call('POST', POOLS, '{"name":'),
  badYaml: (api) =>
    api.call('POST', '/lifeguard/v1/apply', 'pools: [', { 'content-type': 'application/yaml' }),
  yamlTooLarge: async (api) => {
    const address = `${'a.'.repeat(100)}example.org`;
    const origins = Array.from({ length: 200 }, (_, i) => ({ name: `o${i}`, address: `x${i}.${address}` }));
    const pools = Array.from({ length: 20 }, (_, i) => ({ name: `p${i}`, origins }));
    expect((await api.call('POST', '/lifeguard/v1/apply', { pools })).status).toBe(200);
    return api.call('GET', '/lifeguard/v1/export?format=yaml');
  },
  tooManyWrites: async (api) => {
    const origins = Array.from({ length: WRITES_MAX }, (_, i) => ({
      name: `o${i}`,
      address: `x${i}.example`,
    }));
    const made = (await api.call('POST', POOLS, { name: 'many', origins })).body.result;
    const put = origins.map(({ name }) => ({
      op: 'put' as const,
      kind: 'override' as const,
      id: name,
      value: override(name, { pool: made.id, endpoint: name }),
      unique: [],
      references: [{ kind: 'pool' as const, id: made.id }],
    }));
    expect(await api.store.commit(put)).toMatchObject({ ok: true });
    const one = [{ name: 'new', address: '192.0.2.9' }];
    const shrunk = await api.call('PATCH', `${POOLS}/${made.id}`, { origins: one });
    const deleted = await api.call('DELETE', `${POOLS}/${made.id}`);
    expect([shrunk.status, shrunk.body]).toEqual([deleted.status, deleted.body]);
    expect((await api.store.read()).revision).toBe(2);
    return shrunk;
  },
  badRequest: (api) => raw(api, 'NOT HTTP AT ALL\r\n\r\n'),
  wrongMethod: (api) => api.call('PUT', POOLS, pool),
  timeout: (api) => raw(api, `POST ${POOLS} HTTP/1.1\r\nHost: api\r\n`),
  badExpectation: (api) =>
    raw(api, `POST ${POOLS} HTTP/1.1\r\nHost: api\r\nExpect: miracles\r\nContent-Length: 2\r\n\r\n{}`),
  bodyTooLarge: (api) => api.call('POST', POOLS, ' '.repeat(BODY_OCTETS_MAX + 1)),
  tooManyFailures: async (api) => {
    for (let i = 0; i < FAILED_ATTEMPTS_MAX; i += 1)
      await api.call('GET', POOLS, undefined, { authorization: `Bearer wrong${i}` });
    return api.call('GET', POOLS, undefined, { authorization: 'Bearer wrong' });
  },
  tooManyPreviews: async (api) => {
    const { id } = (await api.call('POST', POOLS, pool)).body.result;
    const ask = () => api.call('POST', `${POOLS}/${id}/preview`, { type: 'icmp_ping' });
    for (let i = 0; i < PREVIEWS_MAX; i += 1) expect((await ask()).status).toBe(200);
    return ask();
  },
  tooManyWaiting: async (api) => {
    const stop = new AbortController();
    const headers = { authorization: `Bearer ${TOKEN}` };
    const listening = Array.from({ length: WAITING_MAX }, () =>
      fetch(`${api.url}/lifeguard/v1/events/live`, { headers, signal: stop.signal }),
    );
    expect((await Promise.all(listening)).map(({ status }) => status)).toEqual(Array(WAITING_MAX).fill(200));
    const answer = await api.call('GET', '/lifeguard/v1/revisions/1');
    stop.abort();
    await expect
      .poll(async () => (await api.call('GET', '/lifeguard/v1/revisions/1')).status, { timeout: 40_000 })
      .toBe(200);
    return answer;
  },
  tooManyAtOnce: async (api) => {
    const begun = Array.from({ length: APPLIED.total }, () => {
      const socket = connect(api.port, '127.0.0.1').on('error', () => {});
      socket.write(
        `POST /lifeguard/v1/apply HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\nContent-Length: 9\r\n\r\n`,
      );
      return socket;
    });
    await sleep(100);
    const answer = await api.call('POST', '/lifeguard/v1/apply', {});
    for (const socket of begun) socket.destroy();
    return answer;
  },
  testUnderWay: async () => {
    const begun = Promise.withResolvers<void>();
    const over = Promise.withResolvers<[]>();
    const test = () => {
      begun.resolve();
      return over.promise;
    };
    const api = await startTestAdmin({ notifications: { destinations: [], test } });
    const ask = () => api.call('POST', '/lifeguard/v1/notifications/test');
    const first = ask();
    await begun.promise;
    // The other place is kept for admins, whose token this is.
    const second = ask();
    const answer = await ask();
    over.resolve([]);
    expect([(await first).status, (await second).status, (await ask()).status]).toEqual([200, 200, 200]);
    return answer;
  },
  headersTooLarge: (api) => bare(api, { 'x-long': 'x'.repeat(HEADER_OCTETS_MAX) }),
  noTunnel: (api) => raw(api, 'CONNECT api:443 HTTP/1.1\r\nHost: api:443\r\n\r\n'),
  internal: async () => {
    const api = await startTestAdmin({
      health: {
        of: () => {
          throw new Error('a secret of ours');
        },
        pools: 0,
        watch: () => () => {},
        regions: () => Promise.resolve(new Map()),
      },
    });
    const answer = await api.call('POST', POOLS, pool);
    expect(api.logged()).toContain('a secret of ours');
    return answer;
  },
  storeUnread: async (api) => {
    await api.store.close();
    return api.call('GET', POOLS);
  },
  storeUnwritten: async (api) => {
    await api.store.close();
    return api.call('POST', POOLS, pool);
  },
  storeUnavailable: async (api) => {
    const commit = () => Promise.reject(new StoreUncertain('Redis did not say'));
    const store = Object.assign(Object.create(api.store) as Store, { commit, close: async () => {} });
    return (await startTestAdmin({ store })).call('POST', POOLS, pool);
  },
  notReplicated: async (api) => {
    const commit = () => Promise.reject(new StoreNotReplicated(7, 0, 1));
    const store = Object.assign(Object.create(api.store) as Store, { commit, close: async () => {} });
    return (await startTestAdmin({ store })).call('POST', POOLS, pool);
  },
  tooManyConnections: async (api) => {
    const over = Promise.withResolvers<void>();
    const store = Object.assign(Object.create(api.store) as Store, {
      read: async () => {
        await over.promise;
        return api.store.read();
      },
      close: async () => {},
    });
    const full = await startTestAdmin({ store });
    const ask = (i: number) => {
      const localAddress = `127.0.0.${2 + (i % 3)}`;
      const socket = connect({ port: full.port, host: '127.0.0.1', localAddress }).on('error', () => {});
      socket.write(`GET ${POOLS} HTTP/1.1\r\nHost: api\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`);
      return socket;
    };
    const busy: Socket[] = [];
    const refused = () => raw(full, `GET ${POOLS} HTTP/1.0\r\n\r\n`);
    let answer: Answer;
    do {
      // Near the end one at a time: one that has not asked yet would lose its place to the next.
      const count = busy.length < CONNECTIONS_MAX ? CONNECTIONS_MAX : 1;
      for (let i = 0; i < count; i += 1) busy.push(ask(busy.length));
      await sleep(20);
      answer = await refused();
    } while (answer.status !== 503 && busy.length < CONNECTIONS_MAX + 10 * RESERVED_MAX);
    expect((await raw(full, 'GET /livez HTTP/1.0\r\n\r\n')).status).toBe(200);
    over.resolve();
    for (const socket of busy) socket.destroy();
    return answer;
  },
  storeDamaged: async (api) => {
    const commit = () => Promise.reject(new StoreDamaged('1 of 2 pools are missing'));
    const damaged = Object.assign(Object.create(api.store) as Store, { commit });
    return (await startTestAdmin({ store: damaged })).call('POST', POOLS, pool);
  },
  storeRefuses: async (api) => {
    const commit = () => Promise.reject(new StoreRefused('The disk is full'));
    const full = Object.assign(Object.create(api.store) as Store, { commit });
    return (await startTestAdmin({ store: full })).call('POST', POOLS, pool);
  },
  storeRefusesReads: async (api) => {
    const nodes = () => Promise.reject(new StoreRefused('The user may not read'));
    const closed = Object.assign(Object.create(api.store) as Store, { nodes });
    return (await startTestAdmin({ store: closed })).call('GET', '/lifeguard/v1/nodes');
  },
  partlyApplied: async (api) => {
    const pools = Array.from({ length: WRITES_MAX + 1 }, (_, i) => ({ ...pool, name: `p${i}` }));
    return (await startTestAdmin({ store: awayAfterOne(api.store) })).call('POST', '/lifeguard/v1/apply', {
      pools,
    });
  },
  writeContention: async (api) => {
    const { id } = (await api.call('POST', POOLS, pool)).body.result;
    const rival = rivalled(api.store);
    const other = await startTestAdmin({ store: rival.store });
    const answer = await other.call('PATCH', `${POOLS}/${id}`, { description: 'ours' });
    expect(rival.writes()).toBe(WRITE_ATTEMPTS_MAX);
    expect((await api.store.get('pool', id))?.value.description).toBe(`theirs ${WRITE_ATTEMPTS_MAX}`);
    return answer;
  },
};

/** A request without the token that `call` adds. */
function bare(api: TestAdmin, headers: Record<string, string>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(api.url + POOLS, { headers }, async (response) => {
      const body = JSON.parse(await text(response));
      const flat = Object.entries(response.headers).map(
        ([name, value]) => [name, String(value)] as [string, string],
      );
      resolve({ status: response.statusCode!, headers: new Headers(flat), body });
    });
    request.on('error', reject).end();
  });
}

/** The same store, where somebody else writes each pool right after it was read. */
function rivalled(store: Store): { store: Store; writes: () => number } {
  let writes = 0;
  const rival: Store = Object.assign(Object.create(store) as Store, {
    get: async (kind: 'pool', id: string) => {
      const found = await store.get(kind, id);
      if (found === undefined) return found;
      writes += 1;
      const value = { ...found.value, description: `theirs ${writes}` };
      const put = { op: 'put', kind, id, value, unique: [value.name], references: [] } as const;
      expect((await store.commit([put])).ok).toBe(true);
      return found;
    },
    close: async () => {},
  });
  return { store: rival, writes: () => writes };
}

test.each(Object.entries(PROVOKE))(
  '%s is answered as the catalogue says, in the envelope',
  async (name, provoke) => {
    const { status, code, message } = ERRORS[name as ErrorName];
    const answer = await provoke(await startTestAdmin());
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(Object.keys(answer.body).sort()).toEqual(['errors', 'messages', 'result', 'success']);
    expect(answer.body).toMatchObject({ success: false, messages: [], result: null });
    const sentence = message.replaceAll(/[.*+?()[\]]/g, '\\$&').replaceAll(/\{\w+\}/g, '.+');
    expect(answer.body.errors[0].message).toMatch(new RegExp(`^${sentence}$`, 's'));
    expect(answer.body.errors[0].code).toBe(code);
    expect(JSON.stringify(answer.body)).not.toMatch(/node_modules|\.ts:|a secret of ours/);
  },
  15_000,
);

test('no error has status 409, which clients repeat, and clients accept every code', () => {
  for (const { status, code } of Object.values(ERRORS)) {
    expect(status).not.toBe(409);
    expect(code).toBeGreaterThanOrEqual(1_000);
  }
});

test.each([
  ['storeUnread', '1'],
  ['storeUnavailable', '1'],
  ['storeUnwritten', '1'],
  ['storeRefuses', '1'],
  ['storeRefusesReads', '1'],
  ['partlyApplied', '1'],
  ['writeContention', '1'],
  ['tooManyFailures', '60'],
  ['tooManyPreviews', '60'],
  ['testUnderWay', '15'],
] as const)('%s has a Retry-After', async (name, seconds) => {
  const answer = await PROVOKE[name](await startTestAdmin({ epochMs: () => 0 }));
  expect(answer.headers.get('retry-after')).toBe(seconds);
});

test('errors have their chain, all messages, and the allowed methods', async () => {
  const api = await startTestAdmin();
  expect((await PROVOKE.badAuthorization(api)).body.errors).toEqual([
    {
      code: 6003,
      message: 'Invalid request headers',
      error_chain: [{ code: 6111, message: 'Invalid format for Authorization header' }],
    },
  ]);
  expect((await PROVOKE.badAuthKey(api)).body.errors[0].error_chain[0].code).toBe(6103);
  expect((await PROVOKE.noRoute(api)).body.errors[1]).toEqual({
    code: 7000,
    message: 'No route for that URI',
  });
  expect((await PROVOKE.wrongMethod(api)).headers.get('allow')).toBe('HEAD, GET, POST, PATCH');
  expect((await PROVOKE.noCredential(api)).headers.get('www-authenticate')).toBe('Bearer');
});

test.each([
  ['GET', '/nothing', 404],
  ['GET', '/client/v4/%zz', 404],
  ['GET', `/client/v4/accounts/${'a'.repeat(300)}/load_balancers/pools`, 404],
  ['GET', `${POOLS}/${ID}/nothing`, 404],
  ['GET', `${POOLS}/${ID}?x=%zz`, 404],
  ['OPTIONS', `${POOLS}/${ID}`, 405],
  ['DELETE', `${POOLS}/${ID}/health`, 405],
  ['DELETE', '/livez', 405],
])('%s %s is %i', async (method, path, status) => {
  const api = await startTestAdmin();
  const answer = await api.call(method, path);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('cf-ray')).toMatch(/^[0-9a-f]{16}$/);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.body).toMatchObject({ success: false, result: null });
});
