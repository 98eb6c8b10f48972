import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { StoreRefused, StoreUnavailable } from '../../../../src/store/contract/failure.ts';
import { openRedisStore, type RedisStoreOptions } from '../../../../src/store/redis/redis.ts';
import type { Store } from '../../../../src/store/store.ts';
import { type Certificates, makeCertificates } from '../../../probe/certificates.ts';
import { freePort } from '../../../support/free-port.ts';
import { type RedisServer, startRedis } from '../../../support/server/redis.ts';
import { commitRules } from '../../contract/commit.ts';
import type { StoreUnderTest } from '../../contract/contract.ts';
import { readRules } from '../../contract/read.ts';

/** A Redis that wants a certificate of its clients, and a user that may do no more than docs/REDIS.md says. */
const PERMISSIONS =
  '~{test*}:* +@read +@write +@connection -@dangerous +@scripting +config|get +info +time +wait +cluster|slots +cluster|keyslot';
let redis: RedisServer;
let certificates: Certificates;
let tlsPort: number;
const directory = mkdtempSync(join(tmpdir(), 'lifeguard-redis-tls-'));

const url = (host = '127.0.0.1') => `rediss://node:secret@${host}:${tlsPort}`;
const tls = () => ({ ca: certificates.authority, ...certificates.good });
const stores: Store[] = [];
const open = (prefix: string, over: RedisStoreOptions['tls'] = tls(), to = url()) => {
  const store = openRedisStore(to, { prefix, tls: over });
  stores.push(store);
  return store;
};

beforeAll(async () => {
  certificates = makeCertificates();
  const { authority, good } = certificates;
  const file = (name: string, text: string) => {
    writeFileSync(join(directory, name), text);
    return join(directory, name);
  };
  tlsPort = await freePort();
  const files = [
    ...['--tls-cert-file', file('cert.pem', good.cert), '--tls-key-file', file('key.pem', good.key)],
    ...['--tls-ca-cert-file', file('ca.pem', authority), '--tls-auth-clients', 'yes'],
  ];
  redis = await startRedis({ args: ['--tls-port', String(tlsPort), ...files] });
  expect(await redis.send(`ACL SETUSER node on >secret ${PERMISSIONS}`)).toBe('+OK');
});
afterEach(async () => {
  await Promise.all(stores.splice(0).map((store) => store.close()));
  await redis.send('FLUSHALL');
});
afterAll(async () => {
  await redis.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('the contract of the store holds by TLS and for a user with these permissions', () => {
  let opened = 0;
  let under: StoreUnderTest;
  beforeEach(() => {
    const prefix = `test${(opened += 1)}`;
    const never = async () => {
      throw new Error('these rules need no such time');
    };
    under = {
      store: open(prefix),
      another: () => open(prefix),
      passLease: never,
      passAnnouncement: never,
      passLead: never,
      passPreviews: never,
      forgetChanges: async () => {
        expect(await redis.send(`XTRIM {${prefix}}:changes MAXLEN 0`)).toMatch(/^:[1-9]/);
      },
      close: async () => {},
    };
  });
  commitRules(() => under);
  readRules(() => under);
});

test('a client without a certificate is refused', async () => {
  await expect(open('test', { ca: certificates.authority }).read()).rejects.toThrow(StoreUnavailable);
});

test('without the configured authority, the certificate of Redis is refused', async () => {
  const { ca: _, ...own } = tls();
  await expect(open('test', own).read()).rejects.toThrow(/self-signed certificate/);
});

test('the certificate must have the configured name, where there is one', async () => {
  const named = (servername: string) => open('test', { ...tls(), servername }).read();
  await expect(named('www.example.org')).resolves.toMatchObject({ revision: 0 });
  await expect(named('other.example.com')).rejects.toThrow(/altnames/);
});

test('a user with a wrong password is refused, and the password is not in the error', async () => {
  const failure = await open('test', tls(), url().replace('secret', 'guessed'))
    .read()
    .catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(StoreRefused);
  expect(String(failure)).not.toContain('guessed');
});
