import { expect, test } from 'vitest';
import { Counter, newCounters } from '../../src/answer/counters.ts';
import { newExchange, Transport } from '../../src/answer/exchange.ts';
import { guard } from '../../src/answer/guard.ts';
import { decode } from './decode.ts';
import { queryPacket } from './query-packet.ts';

test('a fault while answering is counted and becomes SERVFAIL, and the next query is answered', () => {
  let fails = true;
  const counters = newCounters();
  const responder = guard(
    {
      respond(exchange) {
        if (fails) throw new RangeError('ours');
        return exchange.queryOctets;
      },
    },
    counters,
  );
  const reply = new Uint8Array(64).fill(0xff);
  const exchange = {
    ...newExchange(Transport.UDP),
    query: queryPacket({ name: 'example.org', flags: 0x0100 }),
    reply,
  };
  exchange.queryOctets = exchange.query.length;
  expect(decode(reply.subarray(0, responder.respond(exchange)))).toMatchObject({ qr: true, rcode: 2 });
  exchange.query = queryPacket({ name: 'example.org', flags: 0x8000 });
  expect(responder.respond(exchange)).toBe(0);
  fails = false;
  expect(responder.respond(exchange)).toBe(exchange.query.length);
  expect(counters[Counter.FAILED]).toBe(2);
});
