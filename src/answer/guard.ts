import { HEADER_OCTETS, OPCODE_MASK, QR, RD } from '../dns/header.ts';
import { Rcode } from '../dns/rcode.ts';
import { Counter } from './counters.ts';
import type { Exchange } from './exchange.ts';
import type { Responder } from './respond.ts';

/** The edge of a thread: a bug while answering is counted, the client gets SERVFAIL, and the next query is served. */
export function guard(responder: Responder, counters: Float64Array): Responder {
  return {
    respond(exchange) {
      try {
        return responder.respond(exchange);
      } catch {
        counters[Counter.FAILED]! += 1;
        return writeServfail(exchange);
      }
    },
  };
}

/** A header and nothing else; silence for what must not be answered. */
function writeServfail({ query, queryAt, queryOctets, reply, replyAt }: Exchange): number {
  const flags = query[queryAt + 2]!;
  if (queryOctets < HEADER_OCTETS || (flags & QR) !== 0) return 0;
  reply.fill(0, replyAt, replyAt + HEADER_OCTETS);
  reply[replyAt] = query[queryAt]!;
  reply[replyAt + 1] = query[queryAt + 1]!;
  reply[replyAt + 2] = QR | (flags & (OPCODE_MASK | RD));
  reply[replyAt + 3] = Rcode.SERVFAIL;
  return HEADER_OCTETS;
}
