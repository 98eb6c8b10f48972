import { afterEach, describe, expect, test, vi } from 'vitest';
import { Counter, newCounters } from '../../../src/answer/counters.ts';
import { newExchange, Transport } from '../../../src/answer/exchange.ts';
import { rateLimitMemory } from '../../../src/answer/rate-limit.ts';
import type { ResponderSettings } from '../../../src/answer/respond.ts';
import { parsePrefix } from '../../../src/config/prefix.ts';
import { startBatchedUdp } from '../../../src/serve/udp/batched.ts';
import type { UdpEngine } from '../../../src/serve/udp/engine.ts';
import { watchMisproxied } from '../../../src/serve/udp/misproxied.ts';
import { startPortableThread } from '../../../src/serve/udp/portable-thread.ts';
import {
  createUnwrapper,
  newMisproxiedNote,
  PROXY_HEADER_UDP_OCTETS_MAX,
  readMisproxiedNote,
} from '../../../src/serve/udp/proxied.ts';
import { PROXY_PREFIX_OCTETS } from '../../../src/serve/udp/proxy-header.ts';
import { hasBatchedCalls } from '../../../src/serve/udp/socket/libc.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { IPV4, IPV6, MAPPED, proxyHeader, tlv } from '../listen/proxy-header.ts';
import { tableAnswering } from './answers.ts';
import { type Client, openClient } from './contract.ts';

/** Answers of one kind to one client in the second at which the clock is. */
const PER_SECOND = 5;
const settingsHere = (): ResponderSettings => ({
  ...PLAIN,
  cookieSecrets: [new Uint8Array(16).fill(7)],
  rateLimit: {
    ...{ perSecond: PER_SECOND, windowSeconds: 15, slip: 0, ipv4Bits: 24, ipv6Bits: 56, isDryRun: false },
    exempt: [parsePrefix('127.0.0.0/8')],
    memory: rateLimitMemory(1),
  },
});
const SILENT = { info: () => undefined, warn: () => undefined, error: () => undefined };
const proxies = [parsePrefix('127.0.0.1'), parsePrefix('::1')];

const engines: UdpEngine[] = [];
afterEach(async () => {
  await Promise.all(engines.splice(0).map((engine) => engine.stop()));
});

const STARTS = [
  {
    name: 'portable',
    async start(address: string): Promise<UdpEngine> {
      const table = tableAnswering(1).buffers;
      const listen = [{ address, port: 0 }];
      return startPortableThread({ listen, table, settings: settingsHere(), proxies, log: SILENT });
    },
  },
  {
    name: 'batched',
    async start(address: string): Promise<UdpEngine> {
      const table = tableAnswering(1).buffers;
      const listen = [{ address, port: 0 }];
      return startBatchedUdp({
        listen,
        table,
        settings: settingsHere(),
        workers: 1,
        proxies,
        died: () => undefined,
      });
    },
  },
].filter(({ name }) => name === 'portable' || hasBatchedCalls());

const CLIENT_COOKIE = '0011223344556677';
const ask = (id: number, cookie = CLIENT_COOKIE) =>
  queryPacket({ name: 'www.example.org', id, opts: [{ options: [{ code: 10, data: cookie }] }] });
const sum = ({ counters }: UdpEngine, at: number) => counters.reduce((all, block) => all + block[at]!, 0);

describe.each(STARTS)('the $name engine', ({ start }) => {
  const startHere = async (address = '127.0.0.1') => {
    const engine = await start(address);
    engines.push(engine);
    return engine;
  };
  /** Sends a query behind a header, and returns the cookie that the answer gives. */
  const cookieFor = async (
    engine: UdpEngine,
    client: Client,
    header: Uint8Array,
    id: number,
    cookie?: string,
  ) => {
    client.send(Buffer.concat([header, ask(id, cookie)]), engine.addresses[0]!);
    const answer = decode((await client.next()).packet);
    expect(answer).toMatchObject({ id, rcode: 0 });
    expect(answer.answer).toHaveLength(1);
    return answer.opt!.options.find(({ code }) => code === 10)!.data;
  };

  test.each([
    { of: 'IPv4', header: proxyHeader({ family: 0x12, body: IPV4 }) },
    { of: 'IPv4 over a stream', header: proxyHeader({ family: 0x11, body: IPV4 }) },
    { of: 'IPv4 mapped into IPv6', header: proxyHeader({ family: 0x22, body: MAPPED }) },
    { of: 'IPv4 with TLVs', header: proxyHeader({ family: 0x12, body: [...IPV4, ...tlv(0xe0, 30)] }) },
    { of: 'IPv6', header: proxyHeader({ family: 0x22, body: IPV6 }) },
  ])('the client is the one in the header ($of), and the answer goes to the proxy', async ({ header }) => {
    const engine = await startHere();
    const proxy = await openClient();
    const cookie = await cookieFor(engine, proxy, header, 1);
    // Server cookies are made with the client's address (RFC 9018 §4.2): the same one knows it again, another does not.
    await cookieFor(engine, proxy, header, 2, cookie);
    expect(sum(engine, Counter.COOKIE_VALID)).toBe(1);
    const other = proxyHeader({ family: 0x12, body: [198, 51, 100, 1, ...IPV4.slice(4)] });
    await cookieFor(engine, proxy, other, 3, cookie);
    expect(sum(engine, Counter.COOKIE_VALID)).toBe(1);
    // The first query has none of ours yet.
    expect(sum(engine, Counter.COOKIE_OTHER)).toBe(2);
    expect(sum(engine, Counter.QUERIES + Transport.UDP)).toBe(3);
  });

  test.each([
    { of: 'LOCAL', header: proxyHeader({ command: 0, family: 0, body: [] }) },
    { of: 'LOCAL with addresses', header: proxyHeader({ command: 0, family: 0x12, body: IPV4 }) },
    { of: 'an unspecified family', header: proxyHeader({ family: 0, body: [] }) },
    { of: 'a UNIX socket', header: proxyHeader({ family: 0x32, body: Array(216).fill(1) }) },
  ])('the client is the proxy itself: $of', async ({ header }) => {
    const engine = await startHere();
    const proxy = await openClient();
    const cookie = await cookieFor(engine, proxy, header, 1);
    const itself = proxyHeader({ family: 0x12, body: [127, 0, 0, 1, ...IPV4.slice(4)] });
    await cookieFor(engine, proxy, itself, 2, cookie);
    expect(sum(engine, Counter.COOKIE_VALID)).toBe(1);
  });

  test('a proxy with an IPv6 address may name an IPv4 client', async () => {
    const engine = await startHere('::1');
    const proxy = await openClient('udp6');
    const named = proxyHeader({ family: 0x12, body: IPV4 });
    await cookieFor(engine, proxy, named, 2, await cookieFor(engine, proxy, named, 1));
    expect(sum(engine, Counter.COOKIE_VALID)).toBe(1);
  });

  test('the rate limit and its exemptions apply to the client in the header', async () => {
    const engine = await startHere();
    const proxy = await openClient();
    const send = (id: number, header: Uint8Array) =>
      proxy.send(Buffer.concat([header, queryPacket({ name: 'www.example.org', id })]), engine.addresses[0]!);
    const of = (...address: number[]) => proxyHeader({ family: 0x12, body: [...address, ...IPV4.slice(4)] });
    for (let id = 0; id < 3 * PER_SECOND; id += 1) send(id, of(203, 0, 113, 7));
    for (let id = 100; id < 100 + 3 * PER_SECOND; id += 1) send(id, of(127, 0, 0, 1));
    send(200, of(198, 51, 100, 200));
    const ids: number[] = [];
    while (ids.at(-1) !== 200) ids.push((await proxy.next()).packet.readUInt16BE(0));
    expect(ids.filter((id) => id < 100)).toHaveLength(PER_SECOND);
    expect(ids.filter((id) => id >= 100 && id < 200)).toHaveLength(3 * PER_SECOND);
    expect(sum(engine, Counter.LIMITED)).toBe(2 * PER_SECOND);
  });

  test('a packet of a proxy without a header of version 2 is dropped, counted, and logged once with the rule', async () => {
    const engine = await startHere();
    const proxy = await openClient();
    const to = engine.addresses[0]!;
    const misproxied = vi.fn();
    const watch = watchMisproxied(engine, misproxied);
    proxy.send(ask(1), to);
    proxy.send(proxyHeader({ family: 0x12 }).subarray(0, 20), to);
    proxy.send(Buffer.alloc(0), to);
    for (let id = 0; id < 20; id += 1)
      proxy.send(Buffer.concat([Buffer.from('PROXY UDP4 192.0.2.7 192.0.2.1 1 53\r\n'), ask(id)]), to);
    // What comes after them is answered, and is the only answer.
    const good = proxyHeader({ family: 0x12 });
    await cookieFor(engine, proxy, good, 99);
    expect(sum(engine, Counter.MISPROXIED)).toBe(23);
    expect(sum(engine, Counter.QUERIES + Transport.UDP)).toBe(1);
    await vi.waitUntil(() => misproxied.mock.calls.length > 0, { timeout: 40_000 });
    expect(misproxied).toHaveBeenCalledExactlyOnceWith(
      '127.0.0.1',
      'a header of version 1; only version 2 is read',
      23,
    );
    watch.stop();
  });
});

describe('a header in a datagram', () => {
  const note = newMisproxiedNote();
  const counters = newCounters();
  const unwrapper = createUnwrapper([parsePrefix('192.0.2.0/24')], counters, note);
  const unwrapped = (packet: Uint8Array, peer = [192, 0, 2, 53]) => {
    const exchange = {
      ...newExchange(Transport.UDP),
      query: Buffer.concat([Buffer.alloc(3), packet]),
      queryAt: 3,
      queryOctets: packet.length,
      peer: Uint8Array.from([0, ...peer]),
      peerAt: 1,
      peerOctets: peer.length,
    };
    const isTaken = unwrapper.unwrap(exchange);
    const of = (octets: Uint8Array, at: number, count: number) => [...octets.subarray(at, at + count)];
    return {
      isTaken,
      query: of(exchange.query, exchange.queryAt, exchange.queryOctets),
      peer: of(exchange.peer, exchange.peerAt, exchange.peerOctets),
    };
  };

  test('is read as DNS if it comes from another address', () => {
    const forged = proxyHeader({ family: 0x12 });
    for (const peer of [[198, 51, 100, 7], Array<number>(16).fill(0)])
      expect(unwrapped(forged, peer)).toEqual({ isTaken: true, query: [...forged], peer });
  });

  test('of the maximum length is read, and a longer one is refused', () => {
    const filler = PROXY_HEADER_UDP_OCTETS_MAX - PROXY_PREFIX_OCTETS - IPV4.length - 3;
    const longest = proxyHeader({ family: 0x12, body: [...IPV4, ...tlv(0xe0, filler)] });
    expect(longest.length).toBe(PROXY_HEADER_UDP_OCTETS_MAX);
    expect(unwrapped(Buffer.concat([longest, Buffer.of(1, 2)]))).toEqual({
      isTaken: true,
      query: [1, 2],
      peer: [192, 0, 2, 7],
    });
    const longer = proxyHeader({ family: 0x12, body: [...IPV4, ...tlv(0xe0, filler + 1)] });
    expect(unwrapped(Buffer.concat([longer, Buffer.of(1, 2)])).isTaken).toBe(false);
    expect(readMisproxiedNote(note)).toEqual({
      from: Uint8Array.of(192, 0, 2, 53),
      rule: `${PROXY_HEADER_UDP_OCTETS_MAX + 1} octets; ${PROXY_HEADER_UDP_OCTETS_MAX} at most`,
    });
  });

  test('without anything after it gives an empty query', () => {
    expect(unwrapped(proxyHeader({ family: 0x12 }))).toMatchObject({ isTaken: true, query: [] });
  });
});
