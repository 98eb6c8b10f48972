import { expect, test } from 'vitest';
import { type Exchange, newExchange, Transport } from '../../../src/answer/exchange.ts';
import {
  newRing,
  openRingReader,
  openRingWriter,
  QUERY_KEPT_OCTETS,
  REPLY_KEPT_OCTETS,
  RING_SLOTS,
  STUCK_MS,
} from '../../../src/answer/sample/ring.ts';

function exchangeOf(query: Uint8Array, reply: Uint8Array): Exchange {
  const peer = Uint8Array.of(9, 192, 0, 2, 7);
  const fields = { query, queryOctets: query.length, reply, peer, peerAt: 1, peerOctets: 4 };
  return Object.assign(newExchange(Transport.TCP), fields);
}
const SHORT = exchangeOf(Uint8Array.of(1, 2, 3), Uint8Array.of(4, 5));

function open() {
  const ring = newRing();
  let nowMs = 0;
  const reader = openRingReader(ring, () => nowMs);
  return { ring, reader, writer: openRingWriter(ring), pass: (ms: number) => void (nowMs += ms) };
}

test('copies come out in the order in which they were put in', () => {
  const { reader, writer } = open();
  expect(reader.next()).toBeUndefined();
  expect(writer.put(SHORT, 2)).toBe(true);
  expect(writer.put(exchangeOf(Uint8Array.of(8), Uint8Array.of()), 0)).toBe(true);
  expect(reader.next()).toEqual({
    query: Uint8Array.of(1, 2, 3),
    queryOctets: 3,
    reply: Uint8Array.of(4, 5),
    replyOctets: 2,
    transport: Transport.TCP,
    client: Uint8Array.of(192, 0, 2, 7),
  });
  expect(reader.next()).toMatchObject({ query: Uint8Array.of(8), replyOctets: 0 });
  expect(reader.next()).toBeUndefined();
});

test(`a ring takes ${RING_SLOTS} copies, and more as soon as some are taken out, time and again`, () => {
  const { reader, writer } = open();
  for (let round = 0; round < 3; round += 1) {
    for (let i = 0; i < RING_SLOTS; i += 1) expect(writer.put(SHORT, 2)).toBe(true);
    expect(writer.put(SHORT, 2)).toBe(false);
    for (let i = 0; i < RING_SLOTS; i += 1) expect(reader.next()).toBeDefined();
    expect(reader.next()).toBeUndefined();
  }
});

test('of a longer query or answer than is kept there is the length alone', () => {
  const { reader, writer } = open();
  for (const more of [0, 1]) {
    const query = new Uint8Array(QUERY_KEPT_OCTETS + more).fill(1);
    const reply = new Uint8Array(REPLY_KEPT_OCTETS + more).fill(2);
    writer.put(exchangeOf(query, reply), reply.length);
    expect(reader.next()).toMatchObject({ queryOctets: query.length, replyOctets: reply.length });
  }
  writer.put(
    exchangeOf(new Uint8Array(QUERY_KEPT_OCTETS), new Uint8Array(REPLY_KEPT_OCTETS)),
    REPLY_KEPT_OCTETS,
  );
  const kept = reader.next()!;
  expect([kept.query?.length, kept.reply?.length]).toEqual([QUERY_KEPT_OCTETS, REPLY_KEPT_OCTETS]);
  writer.put(exchangeOf(new Uint8Array(QUERY_KEPT_OCTETS + 1), new Uint8Array(1)), REPLY_KEPT_OCTETS + 1);
  const long = reader.next()!;
  expect([long.query, long.reply]).toEqual([undefined, undefined]);
});

test('a copy that its thread never finished is passed over', () => {
  const { ring, reader, writer, pass } = open();
  // As a thread leaves it that dies after it took a number.
  Atomics.add(new Int32Array(ring), 0, 1);
  writer.put(SHORT, 2);
  expect(reader.next()).toBeUndefined();
  pass(STUCK_MS - 1);
  expect(reader.next()).toBeUndefined();
  pass(1);
  expect(reader.next()).toMatchObject({ queryOctets: 3 });
  expect(reader.passedOver).toBe(1);
});

test('numbers of copies begin anew at their end', () => {
  const { ring, reader, writer } = open();
  new Int32Array(ring).fill(0x7fff_fffe, 0, 2);
  for (let i = 0; i < RING_SLOTS; i += 1) expect(writer.put(SHORT, 2)).toBe(true);
  expect(writer.put(SHORT, 2)).toBe(false);
  for (let i = 0; i < RING_SLOTS; i += 1) expect(reader.next()).toBeDefined();
  expect(reader.next()).toBeUndefined();
});
