import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseHosts } from '../../../src/probe/dns/hosts-file.ts';
import { ADDRESSES_MAX, createResolve } from '../../../src/probe/dns/resolve.ts';
import type { Resolver } from '../../support/server/resolver.ts';
import { startScriptedDns } from '../../support/server/scripted-dns.ts';
import { startUnboundWith } from '../../support/server/unbound.ts';

const never = new AbortController().signal;

/** A DNS server that receives everything and never answers. */
async function startSilent(): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

function hostsFile(text: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-hosts-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'hosts');
  writeFileSync(file, text);
  return file;
}

test('the hosts file is read as in hosts(5)', () => {
  const hosts = parseHosts(
    '# all\n127.0.0.1\tlocalhost  here # of this machine\n::1 localhost\nfe80::1%lo0 here\n' +
      '192.0.2.1 A.example.org\nnot.an.address b\n127.0.0.1 localhost\n',
  );
  expect(Object.fromEntries(hosts)).toEqual({
    localhost: ['127.0.0.1', '::1'],
    here: ['127.0.0.1'],
    'a.example.org': ['192.0.2.1'],
  });
});

test('the hosts file wins over DNS, and is read again when it changes', async () => {
  const file = hostsFile('192.0.2.1 a.example.org\n');
  const resolve = createResolve({ servers: [await startSilent()], hostsFile: file });
  expect(await resolve('A.example.org.', never)).toEqual({ addresses: ['192.0.2.1'] });
  writeFileSync(file, '192.0.2.22 a.example.org\n');
  expect(await resolve('a.example.org', never)).toEqual({ addresses: ['192.0.2.22'] });
});

describe('a name of more than ADDRESSES_MAX addresses', () => {
  const many = Array.from({ length: 100 }, (_, i) => `192.0.2.${i + 1}`);
  const expected = { addresses: [...many.toSorted().slice(0, ADDRESSES_MAX), '2001:db8::1'], further: 36 };

  test('has the same ones in whatever order they come, and both families (before: the first 64, so no AAAA)', async () => {
    const names = await startScriptedDns();
    onTestFinished(() => names.stop());
    const resolve = createResolve({ servers: [names.at], hostsFile: hostsFile(''), keepMs: 60_000 });
    for (const A of [many, many.toReversed()]) {
      names.say({ A, AAAA: ['2001:db8::1'] });
      expect(await resolve('many.test', never)).toEqual({ ...expected, ttlSeconds: 64 });
    }
    names.say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    expect(await resolve('many.test', never)).toMatchObject({ ...expected, kept: { why: 'ESERVFAIL' } });
  });

  test('has both families in the hosts file, too', async () => {
    const file = hostsFile([...many, '2001:db8::1'].map((address) => `${address} many.test`).join('\n'));
    expect(await createResolve({ hostsFile: file })('many.test', never)).toEqual(expected);
  });
});

test('kept addresses say what the DNS servers answered (before: ETIMEOUT, while they answered SERVFAIL)', async () => {
  const names = await startScriptedDns({ A: ['192.0.2.1'] });
  onTestFinished(() => names.stop());
  const resolve = createResolve({ servers: [names.at], hostsFile: hostsFile(''), keepMs: 60_000 });
  await resolve('a.test', never);
  names.say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
  // The first check waits for the answer, the next ones go on before it comes.
  for (let check = 0; check < 3; check += 1)
    expect(await resolve('a.test', never)).toMatchObject({
      addresses: ['192.0.2.1'],
      kept: { why: 'ESERVFAIL' },
    });
});

describe('the age of kept addresses', () => {
  const HOUR_MS = 3_600_000;
  const START_MS = Date.parse('2030-01-01T00:00:00Z');
  const known = { addresses: ['192.0.2.7'], ttlSeconds: 30, atMs: START_MS };

  /** A resolver whose DNS server fails from now on, and its two clocks. */
  async function failing(keepMs = HOUR_MS) {
    const clocks = { epochMs: START_MS, monotonicMs: 0 };
    const names = await startScriptedDns({ A: ['192.0.2.1'], AAAA: [] });
    onTestFinished(() => names.stop());
    const resolve = createResolve({
      servers: [names.at],
      hostsFile: hostsFile(''),
      keepMs,
      epochMs: () => clocks.epochMs,
      monotonicMs: () => clocks.monotonicMs,
    });
    const fail = () => names.say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    return { clocks, resolve, fail };
  }

  test('does not rise when the wall clock is set forward (once: an hour, and every pool with host names froze)', async () => {
    const { clocks, resolve, fail } = await failing();
    await resolve('a.test', never);
    fail();
    expect((await resolve('b.test', never, known)).addresses).toEqual(['192.0.2.7']);
    clocks.epochMs += 2 * HOUR_MS;
    clocks.monotonicMs += 1_000;
    expect((await resolve('a.test', never)).addresses).toEqual(['192.0.2.1']);
    expect((await resolve('b.test', never, known)).addresses).toEqual(['192.0.2.7']);
  });

  test('rises all the same when the wall clock is set back (once: they were kept for longer)', async () => {
    const { clocks, resolve, fail } = await failing();
    await resolve('a.test', never);
    fail();
    await resolve('b.test', never, known);
    clocks.epochMs -= 2 * HOUR_MS;
    clocks.monotonicMs += HOUR_MS + 1;
    await expect(resolve('a.test', never)).rejects.toMatchObject({ code: 'ESERVFAIL' });
    await expect(resolve('b.test', never, known)).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });
});

test('unanswered names do not delay other names (before: four delayed all)', async () => {
  const resolve = createResolve({ servers: [await startSilent()] });
  const giveUp = new AbortController();
  const stuck = Array.from({ length: 20 }, (_, i) => resolve(`n${i}.example.org`, giveUp.signal));
  const ended = Promise.allSettled(stuck);
  expect((await resolve('localhost', never)).addresses).toContain('127.0.0.1');
  giveUp.abort(new Error('given up'));
  for (const each of await ended) expect(each).toMatchObject({ reason: { message: 'given up' } });
});

describe('unbound', () => {
  let unbound: Resolver;
  /** More than a datagram of 512 octets holds (RFC 1035 §4.2.1). */
  const many = Array.from({ length: 50 }, (_, i) => `192.0.2.${i + 1}`);
  beforeAll(async () => {
    unbound = await startUnboundWith(`local-zone: "example.org." static
  local-data: "both.example.org. 60 A 192.0.2.1"
  local-data: "both.example.org. 20 AAAA 2001:db8::1"
  local-data: "one.example.org. 40 A 192.0.2.1"
  local-data: 'none.example.org. TXT "no address"'
  local-zone: "refused.example." refuse
  ${many.map((address) => `local-data: "many.example.org. 60 A ${address}"`).join('\n  ')}`);
  });
  afterAll(() => unbound.stop());
  const resolve = (name: string) => createResolve({ servers: [`127.0.0.1:${unbound.port}`] })(name, never);

  test.each([
    {
      name: 'both.example.org',
      found: { addresses: ['192.0.2.1', '2001:db8::1'], ttlSeconds: 20 },
      rule: 'IPv4 comes first, and the shorter TTL counts',
    },
    {
      name: 'One.Example.org.',
      found: { addresses: ['192.0.2.1'], ttlSeconds: 40 },
      rule: 'one address family only',
    },
    { name: 'none.example.org', found: { addresses: [] }, rule: 'NODATA for both' },
  ])('$name: $rule', async ({ name, found }) => expect(await resolve(name)).toEqual(found));

  test('many.example.org: over TCP, since the UDP response is truncated (RFC 7766 §5)', async () => {
    const { addresses } = await resolve('many.example.org');
    expect(addresses.toSorted()).toEqual(many.toSorted());
  });

  test.each([
    { name: 'nobody.example.org', code: 'ENOTFOUND' },
    { name: 'refused.example', code: 'EREFUSED' },
  ])('$name: $code', async ({ name, code }) => expect(resolve(name)).rejects.toMatchObject({ code }));
});
