import type { WireName } from '../dns/name.ts';
import * as fromName from '../dns/name.ts';
import * as fromRcode from '../dns/rcode.ts';
import * as fromType from '../dns/type.ts';
import type { Message } from './message.ts';
import type { Query } from './query.ts';
import * as fromQuery from './query.ts';

// V8 loads what is imported anew at each use, and folds into its code what is constant in the same file.
const { parseName } = fromName;
const { Rcode } = fromRcode;
const { Class, Type } = fromType;
const { NAME_END } = fromQuery;

/** The answers of a server about itself in class CH; undefined: none. */
export interface Chaos {
  /** Answers a question of class CH; returns the rcode. */
  answer(message: Message, query: Query): number;
}

/** The TXT record of a name, laid out for a question that is that name. */
interface ChaosRecord {
  readonly name: WireName;
  readonly octets: Uint8Array;
}

/** Answers `version.bind` and `version.server` with the version, `hostname.bind` and `id.server` with the identity (RFC 4892 §3); each refused where it is not given. */
export function createChaos(version: Uint8Array | undefined, identity: Uint8Array | undefined): Chaos {
  const records = [
    ...recordsOf(['version.bind', 'version.server'], version),
    ...recordsOf(['hostname.bind', 'id.server'], identity),
  ];
  return {
    answer(message, query) {
      for (let i = 0; i < records.length; i += 1) {
        const { name, octets } = records[i]!;
        if (!isName(query, name)) continue;
        message.authoritative = true;
        if (query.type !== Type.TXT && query.type !== Type.ANY) return Rcode.NOERROR;
        if (message.end + octets.length > message.limit) {
          message.truncated = true;
          return Rcode.NOERROR;
        }
        for (let at = 0; at < octets.length; at += 1) message.octets[message.end + at] = octets[at]!;
        message.end += octets.length;
        message.ancount = 1;
        return Rcode.NOERROR;
      }
      return Rcode.REFUSED;
    },
  };
}

function recordsOf(names: readonly string[], text: Uint8Array | undefined): ChaosRecord[] {
  if (text === undefined) return [];
  // A pointer to the question, TXT, CH, TTL 0, the rdata's length, and one character-string.
  const head = [0xc0, 12, 0, Type.TXT, 0, Class.CH, 0, 0, 0, 0, 0, text.length + 1, text.length];
  return names.map((name) => ({ name: parseName(name), octets: Uint8Array.from([...head, ...text]) }));
}

function isName(query: Query, name: WireName): boolean {
  if (query.nameOctets !== name.length) return false;
  const start = NAME_END - name.length;
  for (let i = 0; i < name.length; i += 1) if (query.name[start + i] !== name[i]) return false;
  return true;
}
