import { newCounters } from '../../../src/answer/counters.ts';
import { openTable } from '../../../src/answer/reader.ts';
import { createResponder, type Responder } from '../../../src/answer/respond.ts';
import { createTable } from '../../../src/answer/table.ts';
import {
  type ConnectionLimits,
  createConnectionLimits,
} from '../../../src/serve/stream/connection-limits.ts';
import type { TcpOptions } from '../../../src/serve/stream/tcp.ts';
import { answering, authorityOf } from '../../answer/answering.ts';
import { PLAIN } from '../../answer/respond/responder.ts';
import { zoneFile } from '../../zone/zone-file.ts';

/** Octets of rdata of `big.example.org TXT`. */
export const BIG_OCTETS = 50_000;

const big = `"${'x'.repeat(249)}" `.repeat(BIG_OCTETS / 250);

/** What answers for example.org: `www A`, `big TXT`, and `alias`; it counts into a block. */
export function responderHere(counters: Float64Array = newCounters()): Responder {
  const zone = zoneFile(
    'example.org',
    `www   30 A     192.0.2.1
     alias 20 CNAME www.example.org
     big   60 TXT   ${big}`,
  );
  const { reader } = answering(authorityOf([zone]));
  return createResponder({ table: reader, settings: PLAIN, seed: 1, counters });
}

/** What answers while nothing is loaded. */
export function responderNowhere(): Responder {
  const table = openTable(createTable().buffers);
  return createResponder({ table, settings: PLAIN, seed: 1, counters: newCounters() });
}

/** A responder that keeps the addresses of those it answers. */
export function notingClients(responder: Responder): Responder & { readonly clients: string[] } {
  const clients: string[] = [];
  return {
    clients,
    respond(exchange) {
      const { peer, peerAt, peerOctets } = exchange;
      clients.push(peer.subarray(peerAt, peerAt + peerOctets).join('.'));
      return responder.respond(exchange);
    },
  };
}

/** Options of a stream listener on any port of 127.0.0.1, with room and time for everybody. */
export function streamOptions(
  fields: Partial<TcpOptions> = {},
  { nowMs, ...limits }: Partial<Parameters<typeof createConnectionLimits>[0]> & { nowMs?: () => number } = {},
): TcpOptions & { readonly limits: ConnectionLimits } {
  return {
    listen: { address: '127.0.0.1', port: 0 },
    responder: responderHere(),
    proxies: [],
    idleTimeoutMs: 20_000,
    transferTimeoutMs: 20_000,
    misproxied: () => undefined,
    limits: createConnectionLimits(
      { connectionsMax: 1_000, connectionsPerClientMax: 1_000, ...limits },
      nowMs,
    ),
    ...fields,
  };
}
