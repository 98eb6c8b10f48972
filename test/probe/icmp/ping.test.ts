import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { LocalFault } from '../../../src/probe/failure.ts';
import { createPing, PINGS_MAX } from '../../../src/probe/icmp/ping.ts';
import { unreachableWaitMs, WAIT_MAX_MS, WAIT_MIN_MS } from '../../../src/probe/icmp/udp-icmp.ts';
import { probe } from '../../../src/probe/probe.ts';
import { makeCheck } from '../checks.ts';
import { enterOwnNetwork, PING_GROUPS, setSystem } from './own-network.ts';

const options = { resolve: createResolve(), ping: createPing() };
const FAMILIES = [
  { address: '127.0.0.1', ignore: 'net/ipv4/icmp_echo_ignore_all', far: '192.0.2.1' },
  { address: '::1', ignore: 'net/ipv6/icmp/echo_ignore_all', far: '2001:db8::1' },
];
const GOOD = { ok: true, reason: 'No failures', responseCode: 0, rttMs: expect.any(Number) };

const udpSockets = () => process.getActiveResourcesInfo().filter((kind) => kind === 'UDPWrap').length;

// Everything below may only be done to a network that nobody else uses.
const isAlone = enterOwnNetwork();

describe.runIf(isAlone)('in its own network namespace', () => {
  // What the test before opened is closed.
  beforeEach(() => vi.waitFor(() => expect(udpSockets()).toBe(0)));
  afterEach(() => {
    for (const { ignore } of FAMILIES) setSystem(ignore, '0');
    setSystem(PING_GROUPS, '0 0');
  });

  describe('icmp_ping', () => {
    test.each(FAMILIES)('$address answers', async ({ address }) => {
      expect(await probe(makeCheck({ type: 'icmp_ping' }, { address }), options)).toEqual(GOOD);
    });

    test('an address in another spelling is pinged', async () => {
      const check = makeCheck({ type: 'icmp_ping' }, { address: '0:0:0:0:0:0:0:1' });
      expect(await probe(check, options)).toEqual(GOOD);
    });

    test('a thousand pings run at a time over two sockets', async () => {
      const checks = Array.from({ length: 1_000 }, (_, i) =>
        makeCheck({ type: 'icmp_ping', retries: 2 }, { address: FAMILIES[i % 2]!.address }),
      );
      const running = checks.map((check) => probe(check, options));
      expect(udpSockets()).toBe(2);
      expect((await Promise.all(running)).filter(({ ok }) => ok).length).toBe(1_000);
    });

    test.each(FAMILIES)(
      '$address does not answer: ICMP Timeout, with a retry',
      async ({ address, ignore }) => {
        setSystem(ignore, '1');
        const startedMs = performance.now();
        const check = makeCheck({ type: 'icmp_ping', timeoutSeconds: 0.2, retries: 1 }, { address });
        expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'ICMP Timeout' });
        expect(performance.now() - startedMs).toBeGreaterThan(390);
      },
    );

    test.each(FAMILIES)('$far has no route: the check is not possible', async ({ far }) => {
      const running = probe(makeCheck({ type: 'icmp_ping' }, { address: far }), options);
      await expect(running).rejects.toThrow(`this machine has no route to ${far} (ENETUNREACH)`);
    });

    test.each(FAMILIES)('an aborted ping of $address ends at once', async ({ address, ignore }) => {
      setSystem(ignore, '1');
      const giveUp = new AbortController();
      const check = makeCheck({ type: 'icmp_ping' }, { address });
      const running = probe(check, { ...options, signal: giveUp.signal });
      giveUp.abort(new Error('given up'));
      await expect(running).rejects.toThrow('given up');
    });
  });

  describe.each(['icmp_ping', 'udp_icmp'] as const)('%s by a process that may not ping', (type) => {
    test.each(FAMILIES)('$address: no result, and the setting that helps', async ({ address }) => {
      setSystem(PING_GROUPS, '1 0');
      const check = makeCheck({ type, port: 53 }, { address });
      const error = await probe(check, options).catch((cause: unknown) => cause);
      expect(error).toBeInstanceOf(LocalFault);
      expect(String(error)).toContain('sysctl -w net.ipv4.ping_group_range="0 2147483647"');
      setSystem(PING_GROUPS, '0 0');
      expect(await probe(makeCheck({ type: 'icmp_ping' }, { address }), options)).toEqual(GOOD);
    });
  });

  describe('udp_icmp', () => {
    async function bind(address: string): Promise<{ socket: Socket; port: number }> {
      const socket = createSocket(address === '::1' ? 'udp6' : 'udp4');
      socket.bind(0, address);
      await once(socket, 'listening');
      onTestFinished(() => {
        socket.close();
      });
      return { socket, port: socket.address().port };
    }

    test.each(FAMILIES)('a closed port of $address: UDP Port Unreachable', async ({ address }) => {
      const check = makeCheck({ type: 'udp_icmp', port: 9, timeoutSeconds: 10 }, { address });
      const outcome = await probe(check, options);
      expect(outcome).toEqual({ ...GOOD, ok: false, reason: 'UDP Port Unreachable' });
    });

    test.each(FAMILIES)('a silent port of $address is healthy after the wait', async ({ address }) => {
      const { socket, port } = await bind(address);
      const heard = once(socket, 'message');
      const startedMs = performance.now();
      const outcome = await probe(makeCheck({ type: 'udp_icmp', port }, { address }), options);
      const tookMs = performance.now() - startedMs;
      expect(outcome).toEqual(GOOD);
      expect(tookMs).toBeGreaterThan(WAIT_MIN_MS - 5);
      expect(outcome.rttMs).toBeLessThan(tookMs - WAIT_MIN_MS + 5);
      expect((await heard)[0]).toHaveLength(1);
    });

    test('an answer from the port ends the wait', async () => {
      const { socket, port } = await bind('127.0.0.1');
      socket.on('message', (octets, { address, port }) => socket.send(octets, port, address));
      expect(await probe(makeCheck({ type: 'udp_icmp', port }, {}), options)).toEqual(GOOD);
    });

    test('the end of the attempt during the wait is not a failure', async () => {
      const { port } = await bind('127.0.0.1');
      // Due before the end of the attempt and less than a wait before it: timers come in this order, however late they are.
      const slow = () => new Promise<void>((resolve) => setTimeout(resolve, 160));
      const check = makeCheck({ type: 'udp_icmp', port, timeoutSeconds: 0.2 }, {});
      expect(await probe(check, { ...options, ping: slow })).toEqual(GOOD);
    });

    test('without a reply to the ping the port does not matter', async () => {
      const { port } = await bind('127.0.0.1');
      setSystem(FAMILIES[0]!.ignore, '1');
      const check = makeCheck({ type: 'udp_icmp', port, timeoutSeconds: 0.2 }, {});
      expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'ICMP Timeout' });
    });

    test('a check aborted during the wait rejects', async () => {
      const { socket, port } = await bind('127.0.0.1');
      const giveUp = new AbortController();
      socket.on('message', () => giveUp.abort(new Error('given up')));
      const check = makeCheck({ type: 'udp_icmp', port }, {});
      await expect(probe(check, { ...options, signal: giveUp.signal })).rejects.toThrow('given up');
    });
  });

  describe('foreign replies', () => {
    /**
     * A ping over UDP, to a peer that answers what the test says: the kernel lets no wrong ICMP reply this far. A second one, over
     * the same socket, is answered after that: by then the replies to the first were read.
     */
    async function answered(replies: (request: Buffer) => readonly Buffer[], from = '127.0.0.1') {
      const peer = createSocket('udp4').bind(1, '127.0.0.1');
      const other = createSocket('udp4').bind(1, '127.0.0.2');
      onTestFinished(() => {
        peer.close();
        other.close();
      });
      await once(peer, 'listening');
      const sent = (from: Socket, octets: Buffer, port: number) =>
        new Promise((resolve) => from.send(octets, port, '127.0.0.1', resolve));
      const nextRequest = () => once(peer, 'message') as Promise<[Buffer, { port: number }]>;
      const ping = createPing(() => createSocket('udp4').bind(0, '127.0.0.1'));
      const giveUp = new AbortController();
      const heard = nextRequest();
      const first = ping('127.0.0.1', giveUp.signal).then(
        () => 'answered',
        () => 'not answered',
      );
      const [request, { port }] = await heard;
      for (const each of replies(request)) await sent(from === '127.0.0.1' ? peer : other, each, port);
      const asked = nextRequest();
      const second = ping('127.0.0.1', new AbortController().signal);
      await sent(peer, reply((await asked)[0]), port);
      await second;
      giveUp.abort();
      return first;
    }
    /** The request made a reply, with octets changed. */
    const reply = (request: Buffer, changed: Readonly<Record<number, number>> = {}) => {
      const octets = Buffer.from(request);
      octets[0] = 0;
      for (const [at, flip] of Object.entries(changed)) octets[Number(at)]! ^= flip;
      return octets;
    };

    test.each([
      { what: 'the right reply', replies: (request: Buffer) => [reply(request)], outcome: 'answered' },
      { what: 'another type', replies: (r: Buffer) => [reply(r, { 0: 3 })], outcome: 'not answered' },
      { what: 'another code', replies: (r: Buffer) => [reply(r, { 1: 1 })], outcome: 'not answered' },
      {
        what: 'another sequence number',
        replies: (r: Buffer) => [reply(r, { 7: 1 })],
        outcome: 'not answered',
      },
      { what: 'another nonce', replies: (r: Buffer) => [reply(r, { 23: 1 })], outcome: 'not answered' },
      { what: 'a part of it', replies: (r: Buffer) => [reply(r).subarray(0, 23)], outcome: 'not answered' },
      { what: 'an empty reply', replies: () => [Buffer.alloc(0)], outcome: 'not answered' },
      { what: 'the request itself', replies: (r: Buffer) => [r], outcome: 'not answered' },
      {
        what: 'a wrong reply before the right one',
        replies: (r: Buffer) => [reply(r, { 8: 1 }), reply(r)],
        outcome: 'answered',
      },
      {
        what: 'the reply from another address',
        replies: (r: Buffer) => [reply(r)],
        from: '127.0.0.2',
        outcome: 'not answered',
      },
    ])('$what: $outcome', async ({ replies, from, outcome }) => {
      expect(await answered(replies, from)).toBe(outcome);
    });

    test('a late reply to an aborted ping does not count for the next ping', async () => {
      const peer = createSocket('udp4').bind(1, '127.0.0.1');
      onTestFinished(() => {
        peer.close();
      });
      const requests: { octets: Buffer; port: number }[] = [];
      peer.on('message', (octets, { port }) => requests.push({ octets, port }));
      const ping = createPing(() => createSocket('udp4').bind(0, '127.0.0.1'));
      const first = new AbortController();
      const given = ping('127.0.0.1', first.signal);
      let isAnswered = false;
      const next = ping('127.0.0.1', new AbortController().signal).then(() => {
        isAnswered = true;
      });
      await vi.waitFor(() => expect(requests).toHaveLength(2));
      first.abort(new Error('too late'));
      await expect(given).rejects.toThrow('too late');
      const send = async ({ octets, port }: { octets: Buffer; port: number }) => {
        const heard = new Promise((resolve) => peer.send(reply(octets), port, '127.0.0.1', resolve));
        await heard;
      };
      await send(requests[0]!);
      await probe(makeCheck({ type: 'icmp_ping' }, {}), options);
      expect(isAnswered).toBe(false);
      await send(requests[1]!);
      await next;
    });
  });
});

test.runIf(!isAlone)('not root in Linux: a ping is tried with the rights of this machine', async () => {
  const outcome = await probe(makeCheck({ type: 'icmp_ping' }, {}), options).catch((error: unknown) => error);
  if (outcome instanceof Error) expect(outcome).toBeInstanceOf(LocalFault);
  else expect(outcome).toEqual(GOOD);
});

test('the number of simultaneous pings is limited, and one that ends makes room', async () => {
  const ping = createPing(() => createSocket('udp4').bind(0, '127.0.0.1'));
  // A signal each: what one signal is asked to tell is looked through for every further listener.
  const controllers = new Set<AbortController>();
  const begin = () => {
    const controller = new AbortController();
    controllers.add(controller);
    return ping('127.0.0.1', controller.signal);
  };
  const running = Array.from({ length: PINGS_MAX - 1 }, begin);
  const one = new AbortController();
  running.push(ping('127.0.0.1', one.signal));
  await expect(begin()).rejects.toThrow(LocalFault);
  one.abort(new Error('given up'));
  running.push(begin());
  for (const each of controllers) each.abort(new Error('given up'));
  const ends = await Promise.allSettled(running);
  expect(ends.every((end) => end.status === 'rejected' && end.reason.message === 'given up')).toBe(true);
});

test.each([
  { pingMs: 0.1, timeoutMs: 5_000, waitMs: WAIT_MIN_MS },
  { pingMs: 100, timeoutMs: 5_000, waitMs: 300 },
  { pingMs: 900, timeoutMs: 5_000, waitMs: WAIT_MAX_MS },
  { pingMs: 900, timeoutMs: 1_000, waitMs: 500 },
  { pingMs: 1, timeoutMs: 100, waitMs: 50 },
])('a ping of $pingMs ms with a timeout of $timeoutMs ms gives a wait of $waitMs ms', (row) =>
  expect(unreachableWaitMs(row.pingMs, row.timeoutMs)).toBe(row.waitMs),
);
