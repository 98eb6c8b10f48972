import { newCounters } from '../../../src/answer/counters.ts';
import { type Exchange, newExchange, Transport } from '../../../src/answer/exchange.ts';
import type { TableReader } from '../../../src/answer/reader.ts';
import { createResponder, type ResponderSettings } from '../../../src/answer/respond.ts';
import { UDP_OCTETS_MAX } from '../../../src/dns/edns.ts';

/** Seconds since the epoch at which test responders live. */
export const NOW_SECONDS = 1_800_000_000;

/** A clock that always shows the same second. */
export function clockAt(seconds: number): SharedArrayBuffer {
  const clock = new SharedArrayBuffer(4);
  new Int32Array(clock)[0] = seconds;
  return clock;
}

/** Nothing that is optional. */
export const PLAIN: ResponderSettings = {
  clock: clockAt(NOW_SECONDS),
  cookieSecrets: [],
  udpOctetsMax: UDP_OCTETS_MAX,
  tcpIdleTimeoutMs: 10_000,
};

/** A responder of a test's own, its counters beside it. */
export interface TestResponder {
  readonly counters: Float64Array;
  /** Answers the packet into `reply`; returns its octets, 0 for silence. */
  respond(packet: Uint8Array, reply: Uint8Array, transport?: number, fields?: Partial<Exchange>): number;
}

/** Answers whole packets of a client at 192.0.2.1, unless `fields` say otherwise. */
export function responderOver(table: TableReader, seed = 1, settings = PLAIN): TestResponder {
  const counters = newCounters();
  const responder = createResponder({ table, settings, seed, counters });
  const exchange = {
    ...newExchange(Transport.UDP),
    peer: Uint8Array.of(192, 0, 2, 1),
    peerAt: 0,
    peerOctets: 4,
  };
  return {
    counters,
    respond(packet, reply, transport = Transport.UDP, fields) {
      exchange.query = packet;
      exchange.queryAt = 0;
      exchange.queryOctets = packet.length;
      exchange.reply = reply;
      exchange.replyAt = 0;
      exchange.transport = transport;
      if (fields !== undefined) Object.assign(exchange, fields);
      return responder.respond(exchange);
    },
  };
}
