import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createNameServers,
  LOOKUP_MS,
  NEXT_SERVER_MS,
  TRIAL_INTERVAL_MS,
  TRY_MS,
} from '../../../src/probe/dns/name-servers.ts';
import { createResolve, FAMILY_WAIT_MS, type KnownAddresses } from '../../../src/probe/dns/resolve.ts';
import { type Reply, type ScriptedDns, startScriptedDns } from '../../support/server/scripted-dns.ts';

const never = new AbortController().signal;
const NAME = 'a.example.org';
/** No file there: only DNS says what a name has. */
const hostsFile = '/nonexistent/hosts';

let first: ScriptedDns;
let second: ScriptedDns;
beforeAll(async () => {
  [first, second] = [await startScriptedDns(), await startScriptedDns()];
});
afterAll(() => Promise.all([first.stop(), second.stop()]));
beforeEach(() => {
  first.say({ A: ['192.0.2.1'], AAAA: ['2001:db8::1'] });
  second.say({ A: ['192.0.2.1'], AAAA: ['2001:db8::1'] });
});

async function timed<T>(work: Promise<T>): Promise<{ found: T; tookMs: number }> {
  const sinceMs = performance.now();
  return { found: await work, tookMs: performance.now() - sinceMs };
}

describe('one address family of a name, with the servers in their order', () => {
  test.each<{ says: Reply; rule: string; waitsMs: number }>([
    { says: 'silent', rule: 'the next server is asked early', waitsMs: NEXT_SERVER_MS },
    { says: 'SERVFAIL', rule: 'a failing server is skipped at once', waitsMs: 0 },
    { says: 'REFUSED', rule: 'a refusing server, too', waitsMs: 0 },
  ])('the first server answers $says: $rule', async ({ says, waitsMs }) => {
    first.say({ A: says });
    const servers = createNameServers([first.at, second.at]);
    const { found, tookMs } = await timed(servers.lookup(NAME, 'ipv4', never));
    expect(found).toEqual([{ address: '192.0.2.1', ttl: 64 }]);
    expect(tookMs).toBeGreaterThanOrEqual(0.8 * waitsMs);
    expect(tookMs).toBeLessThan(LOOKUP_MS - 1_000);
    // Who answered is asked first from then on.
    const [before, after] = [first.heard.length, second.heard.length];
    await servers.lookup(NAME, 'ipv4', never);
    expect([first.heard.length - before, second.heard.length - after]).toEqual([0, 1]);
  });

  test.each<{ says: Reply; code: string }>([
    { says: 'referral', code: 'EREFERRAL' },
    { says: 'lame', code: 'ELAME' },
    { says: 'YXDOMAIN', code: 'EYXDOMAIN' },
    { says: 'YXRRSET', code: 'EYXRRSET' },
    { says: 'NXRRSET', code: 'ENXRRSET' },
    { says: 'NOTAUTH', code: 'ENOTAUTH' },
    { says: 'NOTZONE', code: 'ENOTZONE' },
    { says: 'DSOTYPENI', code: 'EDSOTYPENI' },
  ])('$says is not NODATA: the next server is asked (before: an empty pool)', async ({ says, code }) => {
    first.say({ A: says });
    const found = await createNameServers([first.at, second.at]).lookup(NAME, 'ipv4', never);
    expect(found).toEqual([{ address: '192.0.2.1', ttl: 64 }]);
    await expect(createNameServers([first.at]).lookup(NAME, 'ipv4', never)).rejects.toMatchObject({ code });
  });

  test('one SERVFAIL of the only server ended a lookup: it is asked once more, and its second word counts', async () => {
    const servers = createNameServers([first.at]);
    const before = first.heard.length;
    first.say({ A: 'SERVFAIL' });
    const lookup = servers.lookup(NAME, 'ipv4', never);
    await vi.waitFor(() => expect(first.heard.length).toBe(before + 1));
    first.say({ A: ['192.0.2.7'] });
    expect(await lookup).toEqual([{ address: '192.0.2.7', ttl: 64 }]);
    expect(first.heard.length).toBe(before + 2);
    first.say({ A: 'SERVFAIL' });
    await expect(servers.lookup(NAME, 'ipv4', never)).rejects.toMatchObject({ code: 'ESERVFAIL' });
    expect(first.heard.length).toBe(before + 4);
  });

  test('NXDOMAIN and NODATA are answers, so no other server is asked', async () => {
    first.say({ A: 'NXDOMAIN', AAAA: [] });
    const servers = createNameServers([first.at, second.at]);
    const before = second.heard.length;
    await expect(servers.lookup(NAME, 'ipv4', never)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(await servers.lookup(NAME, 'ipv6', never)).toEqual([]);
    expect(second.heard.length).toBe(before);
  });

  test('a late answer to the first query counts, even from a server that is always slower than a try', async () => {
    first.delay(1.3 * TRY_MS);
    onTestFinished(() => first.delay(0));
    const before = first.heard.length;
    const found = await createNameServers([first.at]).lookup(NAME, 'ipv4', never);
    expect(found).toEqual([{ address: '192.0.2.1', ttl: 64 }]);
    // And it was asked again, as the first datagram may have been lost.
    expect(first.heard.length).toBeGreaterThan(before + 1);
  });

  test('if no server answers, the lookup fails within its bound, and an aborted lookup ends at once', async () => {
    first.say({ A: 'SERVFAIL' });
    await expect(createNameServers([first.at]).lookup(NAME, 'ipv4', never)).rejects.toMatchObject({
      code: 'ESERVFAIL',
    });
    first.say({ A: 'silent' });
    const givingUp = new AbortController();
    const lookup = createNameServers([first.at]).lookup(NAME, 'ipv4', givingUp.signal);
    givingUp.abort(new Error('given up'));
    await expect(lookup).rejects.toThrow('given up');
  });

  test('a server that fails shortly before the end does not make the lookup longer (once: it waited for another try)', async () => {
    const [silent, late] = [
      await startScriptedDns({ A: 'silent' }),
      await startScriptedDns({ A: 'SERVFAIL' }),
    ];
    onTestFinished(async () => void (await Promise.all([silent.stop(), late.stop()])));
    late.delay(LOOKUP_MS - NEXT_SERVER_MS - TRY_MS / 10);
    const lookup = createNameServers([silent.at, late.at]).lookup(NAME, 'ipv4', never);
    const code = lookup.catch((error: NodeJS.ErrnoException) => error.code);
    // Both end by timers of one event loop, which keep their order on a slow machine, too.
    const later = sleep(LOOKUP_MS + TRY_MS / 2, 'still waiting');
    expect(await Promise.race([code, later])).toBe('ESERVFAIL');
  });
});

describe('both address families of a name', () => {
  const known = (atMs: number): KnownAddresses => ({
    addresses: ['192.0.2.7', '2001:db8::7'],
    ttlSeconds: 30,
    atMs,
  });
  const kept = (sinceMs = 1_000) => ({ sinceMs, why: expect.any(String) });

  test.each<{
    rule: string;
    says: Readonly<Record<string, Reply>>;
    addresses?: string[];
    isKept?: boolean;
    code?: string;
    atMs?: number;
  }>([
    {
      rule: 'both',
      says: { A: ['192.0.2.1'], AAAA: ['2001:db8::1'] },
      addresses: ['192.0.2.1', '2001:db8::1'],
    },
    { rule: 'AAAA has no data', says: { A: ['192.0.2.1'] }, addresses: ['192.0.2.1'] },
    { rule: 'A has no data', says: { AAAA: ['2001:db8::1'] }, addresses: ['2001:db8::1'] },
    {
      rule: 'NXDOMAIN for AAAA alone is ignored (a broken server, RFC 4074 §4.2)',
      says: { A: ['192.0.2.1'], AAAA: 'NXDOMAIN' },
      addresses: ['192.0.2.1'],
    },
    { rule: 'NODATA for both is an answer', says: {}, addresses: [] },
    { rule: 'NXDOMAIN is an answer for both', says: { A: 'NXDOMAIN', AAAA: 'NXDOMAIN' }, code: 'ENOTFOUND' },
    {
      rule: 'NXDOMAIN for A decides, even if AAAA fails',
      says: { A: 'NXDOMAIN', AAAA: 'SERVFAIL' },
      code: 'ENOTFOUND',
    },
    {
      rule: 'AAAA fails: the new A and the last known AAAA',
      says: { A: ['192.0.2.1'], AAAA: 'SERVFAIL' },
      addresses: ['192.0.2.1', '2001:db8::7'],
      isKept: true,
    },
    {
      rule: 'A fails: the last known A and the new AAAA',
      says: { A: 'REFUSED', AAAA: ['2001:db8::1'] },
      addresses: ['192.0.2.7', '2001:db8::1'],
      isKept: true,
    },
    {
      rule: 'both fail: the last known addresses',
      says: { A: 'SERVFAIL', AAAA: 'SERVFAIL' },
      addresses: ['192.0.2.7', '2001:db8::7'],
      isKept: true,
    },
    {
      rule: 'neither reply is an answer: the last known addresses (before: none)',
      says: { A: 'lame', AAAA: 'referral' },
      addresses: ['192.0.2.7', '2001:db8::7'],
      isKept: true,
    },
    {
      rule: 'both fail, and the known addresses are too old',
      says: { A: 'SERVFAIL', AAAA: 'SERVFAIL' },
      atMs: -1,
      code: 'ESERVFAIL',
    },
    {
      rule: 'the known addresses are just not too old',
      says: { A: 'SERVFAIL', AAAA: 'SERVFAIL' },
      atMs: 0,
      addresses: ['192.0.2.7', '2001:db8::7'],
      isKept: true,
    },
  ])('$rule', async ({ says, addresses, isKept, code, atMs = 1_000 }) => {
    first.say(says);
    const clocks = { epochMs: () => 5_000, monotonicMs: () => 70_000 };
    const resolve = createResolve({ servers: [first.at], hostsFile, keepMs: 5_000, ...clocks });
    const found = resolve(NAME, never, known(atMs));
    if (code !== undefined) await expect(found).rejects.toMatchObject({ code });
    else
      expect(await found).toEqual({
        addresses,
        ...(addresses!.length === 0 ? {} : { ttlSeconds: isKept ? 30 : 64 }),
        ...(isKept ? { kept: kept(atMs) } : {}),
      });
  });

  test('without known addresses and without an answer the lookup fails, and the name is not unknown', async () => {
    first.say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    const resolve = createResolve({ servers: [first.at], hostsFile, keepMs: 5_000 });
    await expect(resolve(NAME, never)).rejects.toMatchObject({ code: 'ESERVFAIL' });
    first.say({ A: [], AAAA: 'SERVFAIL' });
    await expect(resolve(NAME, never)).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  test('the resolver keeps addresses itself, and an answer of a server wins over given ones', async () => {
    let nowMs = 1_000;
    const clocks = { epochMs: () => nowMs, monotonicMs: () => nowMs };
    const resolve = createResolve({ servers: [first.at], hostsFile, keepMs: 5_000, ...clocks });
    await resolve(NAME, never);
    first.say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    expect(await resolve(NAME, never)).toEqual({
      addresses: ['192.0.2.1', '2001:db8::1'],
      ttlSeconds: 64,
      kept: kept(),
    });
    nowMs = 2_000;
    first.say({ A: ['192.0.2.1'], AAAA: [] });
    // On a busy machine the answers are not awaited, as those before were none.
    const isKept = async () => (await resolve(NAME, never)).kept !== undefined;
    await expect.poll(isKept, { timeout: 40_000, interval: 0 }).toBe(false);
    first.say({ A: 'SERVFAIL', AAAA: 'SERVFAIL' });
    expect((await resolve(NAME, never, known(1_500))).addresses).toEqual(['192.0.2.1']);
    nowMs = 7_001;
    await expect(resolve(NAME, never)).rejects.toMatchObject({ code: 'ESERVFAIL' });
  });

  test.each(['A', 'AAAA'])(
    'an unanswered %s query no longer fails the other one (before: 15 s, "DNS Internal")',
    async (type) => {
      const other = type === 'A' ? 'AAAA' : 'A';
      const address = other === 'A' ? '192.0.2.1' : '2001:db8::1';
      first.say({ [type]: 'silent', [other]: [address] });
      const resolve = createResolve({ servers: [first.at], hostsFile });
      const { found, tookMs } = await timed(resolve(NAME, never));
      expect(found.addresses).toEqual([address]);
      expect(tookMs).toBeLessThan(LOOKUP_MS - 1_000);
      // The next check does not wait for it as long again.
      const nextMs = async () => (await timed(resolve(NAME, never))).tookMs;
      await expect.poll(nextMs, { timeout: 40_000, interval: 0 }).toBeLessThan(FAMILY_WAIT_MS - 200);
    },
  );

  test('a silent resolver delays the last known addresses only a little, and only once', async () => {
    first.say({ A: 'silent', AAAA: 'silent' });
    const resolve = createResolve({ servers: [first.at], hostsFile, keepMs: 60_000 });
    const { found, tookMs } = await timed(resolve(NAME, never, known(Date.now())));
    expect(found.addresses).toEqual(['192.0.2.7', '2001:db8::7']);
    expect(tookMs).toBeLessThan(LOOKUP_MS - 1_000);
    const nextMs = async () => (await timed(resolve(NAME, never, known(Date.now())))).tookMs;
    await expect.poll(nextMs, { timeout: 40_000, interval: 0 }).toBeLessThan(FAMILY_WAIT_MS - 200);
  });

  test('simultaneous lookups of a name share one query', async () => {
    const resolve = createResolve({ servers: [first.at], hostsFile });
    // Whether all nine are at a time is up to the file system, which each asks for the hosts file first.
    const asked = async () => {
      const before = first.heard.length;
      await Promise.all(Array.from({ length: 9 }, () => resolve(NAME, never)));
      return first.heard.length - before;
    };
    await expect.poll(asked, { timeout: 40_000, interval: 0 }).toBe(2);
  });
});

test('a server that was away is tried beside the other, and is first again when it answers', async () => {
  const elapsed = vi.spyOn(performance, 'now');
  onTestFinished(() => elapsed.mockRestore());
  const realMs = performance.now.bind(performance);
  first.say({ A: 'REFUSED' });
  const servers = createNameServers([first.at, second.at]);
  const heardBy = async () => {
    const before = [first.heard.length, second.heard.length];
    await servers.lookup(NAME, 'ipv4', never);
    // What a trial finds may come after the answer.
    await new Promise((resolve) => setTimeout(resolve, 50));
    return [first.heard.length - before[0]! > 0, second.heard.length - before[1]! > 0];
  };
  expect(await heardBy()).toEqual([true, true]);
  expect(await heardBy()).toEqual([false, true]);
  first.say({ A: ['192.0.2.1'] });
  const laterMs = realMs() + TRIAL_INTERVAL_MS;
  elapsed.mockReturnValue(laterMs);
  expect(await heardBy()).toEqual([true, true]);
  expect(await heardBy()).toEqual([true, false]);
});
