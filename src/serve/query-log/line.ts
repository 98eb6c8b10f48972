import { Transport } from '../../answer/exchange.ts';
import { NAME_END, newQuery, parseQuery } from '../../answer/query.ts';
import type { Sampled } from '../../answer/sample/ring.ts';
import { AA, HEADER_OCTETS, TC } from '../../dns/header.ts';
import { formatName, isAtOrBelow, type WireName } from '../../dns/name.ts';
import { Rcode } from '../../dns/rcode.ts';
import { Class, typeName } from '../../dns/type.ts';
import { formatAddress } from '../listen/peer.ts';

/** The question of a query. */
export interface Question {
  readonly name: WireName;
  readonly type: number;
  readonly class: number;
  readonly hasEdns: boolean;
}

const TRANSPORTS = new Map<number, string>(
  Object.entries(Transport).map(([name, number]) => [number, name.toLowerCase()]),
);
const RCODES = new Map<number, string>(Object.entries(Rcode).map(([name, code]) => [code, name]));
const CLASSES = new Map<number, string>(Object.entries(Class).map(([name, number]) => [number, name]));
const parsed = newQuery();

/** Reads the question of a query, whatever its octets are; undefined: it has none. */
export function questionOf(query: Uint8Array): Question | undefined {
  parseQuery(parsed, query, 0, query.length);
  if (query.length < HEADER_OCTETS || parsed.questionOctets === 0) return undefined;
  return {
    name: parsed.name.slice(NAME_END - parsed.nameOctets, NAME_END) as WireName,
    type: parsed.type,
    class: parsed.class,
    hasEdns: parsed.edns,
  };
}

/** Whether a question is about one of these zones; no zones: about any name, or none at all. */
export function isWanted(question: Question | undefined, zones: readonly WireName[]): boolean {
  if (zones.length === 0) return true;
  return question !== undefined && zones.some((zone) => isAtOrBelow(question.name, zone));
}

/** Formats an exchange as a line of JSON with its final newline. `epochMs`: when it was, milliseconds since the epoch. */
export function lineOf(
  { queryOctets, reply, replyOctets, transport, client }: Sampled,
  question: Question | undefined,
  epochMs: number,
): string {
  const about = question && {
    name: formatName(question.name),
    type: typeName(question.type),
    class: CLASSES.get(question.class) ?? `CLASS${question.class}`,
    edns: question.hasEdns,
  };
  const fields = {
    time: new Date(epochMs).toISOString(),
    client: formatAddress(client),
    transport: TRANSPORTS.get(transport),
    ...about,
    query_octets: queryOctets,
    answer_octets: replyOctets,
    ...(reply && answerFields(reply)),
  };
  return `${JSON.stringify(fields)}\n`;
}

function answerFields(reply: Uint8Array): object {
  const rcode = reply[3]! & 0x0f;
  const flags = reply[2]!;
  return {
    rcode: RCODES.get(rcode) ?? String(rcode),
    answers: (reply[6]! << 8) | reply[7]!,
    authoritative: (flags & AA) !== 0,
    truncated: (flags & TC) !== 0,
  };
}
