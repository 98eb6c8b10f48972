import type { FullResponse, ResponseRecord } from './codec.ts';
import { Rcode } from './rcode.ts';
import { Type } from './type.ts';

/** What a response says of the addresses of a name. */
export type AddressAnswer =
  | { readonly kind: 'addresses'; readonly records: readonly AddressRecord[] }
  /** The name has none of this type (NODATA, RFC 2308 §2.2). */
  | { readonly kind: 'no data' }
  /** The name, or the one that it is an alias of, does not exist (NXDOMAIN, RFC 2308 §2.1). */
  | { readonly kind: 'unknown name' }
  /** Nothing, so that another server is to be asked. `code`: why, in the way of c-ares and errno. */
  | { readonly kind: 'nothing'; readonly code: string };

/** One address record. */
export interface AddressRecord {
  readonly address: string;
  /** The shortest of it and of the aliases that lead to it. Seconds. */
  readonly ttl: number;
}

/** Response codes with a name; all but the two that are answers (RFC 1035 §4.1.1, RFC 2136 §2.2, RFC 8490 §5.1). */
const CODES: ReadonlyMap<number, string> = new Map([
  [Rcode.FORMERR, 'EFORMERR'],
  [Rcode.SERVFAIL, 'ESERVFAIL'],
  [Rcode.NOTIMP, 'ENOTIMP'],
  [Rcode.REFUSED, 'EREFUSED'],
  [6, 'EYXDOMAIN'],
  [7, 'EYXRRSET'],
  [8, 'ENXRRSET'],
  [9, 'ENOTAUTH'],
  [10, 'ENOTZONE'],
  [11, 'EDSOTYPENI'],
]);

/**
 * Reads the addresses of a type, A or AAAA, from a response. Only records, NXDOMAIN and NODATA say something of the name. A
 * referral does not (RFC 1034 §4.3.2), nor does an empty response of a server that neither has the zone nor recurses.
 */
export function addressAnswer(response: FullResponse, type: number): AddressAnswer {
  const { rcode, name } = response;
  // Only a response that repeats the question is about the name (RFC 5452 §9.1).
  if ((rcode === Rcode.NOERROR || rcode === Rcode.NXDOMAIN) && name === undefined)
    return { kind: 'nothing', code: 'EBADRESP' };
  if (rcode === Rcode.NXDOMAIN) return { kind: 'unknown name' };
  if (rcode !== Rcode.NOERROR) return { kind: 'nothing', code: CODES.get(rcode) ?? `ERCODE${rcode}` };
  const { owner, ttl } = endOfAliases(response.records, name!);
  const records = response.records.flatMap((record) =>
    record.owner === owner && record.type === type
      ? { address: record.rdata, ttl: Math.min(ttl, record.ttlSeconds) }
      : [],
  );
  if (records.length > 0) return { kind: 'addresses', records };
  return noDataOr(response, owner !== name);
}

/** Decides whether a response NOERROR without an address is NODATA, or says nothing of the name. */
function noDataOr(response: FullResponse, isAlias: boolean): AddressAnswer {
  const { authorityTypes, isAuthoritative, isRecursive } = response;
  if (authorityTypes.includes(Type.SOA)) return { kind: 'no data' };
  // A server is authoritative for the alias alone where the target is in a zone of another (RFC 2181 §6.1).
  if (isAuthoritative && !isAlias) return { kind: 'no data' };
  if (authorityTypes.includes(Type.NS)) return { kind: 'nothing', code: 'EREFERRAL' };
  return isRecursive ? { kind: 'no data' } : { kind: 'nothing', code: 'ELAME' };
}

/** Follows aliases from a name, in whatever order they are. */
function endOfAliases(records: readonly ResponseRecord[], name: string): { owner: string; ttl: number } {
  let owner = name;
  let ttl = Number.POSITIVE_INFINITY;
  const aliases = new Map<string, ResponseRecord>();
  for (const record of records)
    if (record.type === Type.CNAME && !aliases.has(record.owner)) aliases.set(record.owner, record);
  // A chain has no more links than there are aliases; a loop ends with them.
  for (let links = 0; links < aliases.size; links += 1) {
    const alias = aliases.get(owner);
    if (alias === undefined) break;
    owner = alias.rdata.toLowerCase();
    ttl = Math.min(ttl, alias.ttlSeconds);
  }
  return { owner, ttl };
}
