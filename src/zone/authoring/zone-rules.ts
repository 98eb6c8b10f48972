import { rdataKey } from '../../dns/codec.ts';
import { formatName, isAtOrBelow, nameKey, parentOf, type WireName } from '../../dns/name.ts';
import type { RRset } from '../../dns/rrset.ts';
import type { Problem } from '../../input/problem.ts';
import { isWildcard } from './owner-name.ts';
import { type StaticRecord, typeNumber } from './static-record.ts';

/** Octets the records of one set may need in a message: they must fit one beside header, question, SOA and OPT. */
export const RRSET_OCTETS_MAX = 64_000;
/** Octets of a record besides its rdata: a pointer for the owner, type, class, TTL, length. */
const RECORD_OCTETS = 12;

/** A zone's records before they are grouped into sets. */
export interface Draft {
  readonly apex: WireName;
  readonly pools?: WireName;
  readonly records: readonly StaticRecord[];
}

type Rule = (draft: Draft, names: Names) => Problem[];

/** Records by owner. */
type Names = ReadonlyMap<string, readonly StaticRecord[]>;

/** Everything in a zone's records that breaks a rule. A record that is missing never makes a problem of another. */
export function recordProblems(draft: Draft): Problem[] {
  const names = byOwner(draft);
  return [poolsName, alone, sets, aliases].flatMap((rule) => rule(draft, names));
}

/**
 * Everything that is missing or in the wrong place for delegations and name servers. It may only be asked of a zone
 * whose records were all understood, as each that was not would count as missing.
 */
export function delegationProblems(draft: Draft): Problem[] {
  const names = byOwner(draft);
  return [cuts, addresses].flatMap((rule) => rule(draft, names));
}

/** The records as sets, in the order their first records were written. */
export function rrsetsOf({ records }: Draft): RRset[] {
  return [...Map.groupBy(records, setKey).values()].map((set) => ({
    owner: set[0]!.owner,
    type: typeNumber(set[0]!.type),
    ttlSeconds: set[0]!.ttlSeconds,
    rdata: set.map((record) => record.rdata),
  }));
}

const byOwner = ({ records }: Draft): Names => Map.groupBy(records, ({ owner }) => nameKey(owner));
const setKey = ({ owner, type }: StaticRecord) => `${type} ${nameKey(owner)}`;
const isAddress = ({ type }: StaticRecord) => type === 'A' || type === 'AAAA';
const isSame = (a: WireName, b: WireName) => nameKey(a) === nameKey(b);

/** The pools name and everything below it belongs to pools. */
const poolsName: Rule = ({ records, pools }) =>
  records.flatMap(({ path, owner }) =>
    pools !== undefined && isAtOrBelow(owner, pools)
      ? [{ path, message: `${formatName(owner)} lies at or below ${formatName(pools)}, which is for pools` }]
      : [],
  );

/** A CNAME is the only record of its name (RFC 1034 §3.6.2, RFC 2181 §10.1), which therefore is not the apex. */
const alone: Rule = ({ apex }, names) =>
  [...names.values()].flatMap((records) => {
    const [first, second] = records.filter(({ type }) => type === 'CNAME');
    if (first === undefined) return [];
    const { path, owner } = first;
    const name = formatName(owner);
    if (isSame(owner, apex))
      return [{ path, message: `${name} is the apex, which has SOA and NS, so no CNAME (RFC 1034 §3.6.2)` }];
    const other = records.find(({ type }) => type !== 'CNAME');
    if (other !== undefined)
      return [
        {
          path,
          message: `${name} has ${other.type} too (${other.path}); a CNAME is alone (RFC 1034 §3.6.2)`,
        },
      ];
    if (second === undefined) return [];
    return [{ path: second.path, message: `${name} has a CNAME already (${path}) (RFC 2181 §10.1)` }];
  });

/** One TTL for a set (RFC 2181 §5.2), no record twice (§5), and room for all of it in one message. */
const sets: Rule = ({ records }) =>
  [...Map.groupBy(records, setKey).values()].flatMap((set) => {
    const problems: Problem[] = [];
    const first = set[0]!;
    const name = `${formatName(first.owner)} ${first.type}`;
    const seen = new Map<string, string>();
    let octets = 0;
    for (const { path, ttlSeconds, rdata } of set) {
      if (ttlSeconds !== first.ttlSeconds)
        problems.push({
          path,
          message: `${name} has TTL ${ttlSeconds} here and ${first.ttlSeconds} at ${first.path}; a set has one TTL (RFC 2181 §5.2)`,
        });
      const key = rdataKey(typeNumber(first.type), rdata);
      const twin = seen.get(key);
      if (twin === undefined) seen.set(key, path);
      else problems.push({ path, message: `${name} has this record already (${twin})` });
      octets += RECORD_OCTETS + rdata.length;
    }
    if (octets > RRSET_OCTETS_MAX)
      problems.push({
        path: first.path,
        message: `${name} needs ${octets} octets in an answer; ${RRSET_OCTETS_MAX} at most`,
      });
    return problems;
  });

/** The highest delegation at or above a name, below the apex; undefined: the name is the zone's own. */
function cutAbove(name: WireName, apex: WireName, names: Names): WireName | undefined {
  let highest: WireName | undefined;
  for (let at: WireName | undefined = name; at && !isSame(at, apex); at = parentOf(at))
    if (names.get(nameKey(at))?.some(({ type }) => type === 'NS')) highest = at;
  return highest;
}

/** At and below a delegation there is nothing but its NS and addresses of name servers (RFC 1034 §4.2.1). */
const cuts: Rule = ({ apex, pools, records }, names) => {
  const servers = new Set(records.filter(({ type }) => type === 'NS').map(({ target }) => nameKey(target!)));
  const problems = records.flatMap((record): Problem[] => {
    const { path, owner, type } = record;
    const cut = cutAbove(owner, apex, names);
    if (cut === undefined) return [];
    if (type === 'NS' && isWildcard(owner))
      return [
        { path, message: `${formatName(owner)} is a wildcard; it cannot be delegated (RFC 4592 §4.2)` },
      ];
    if (type === 'NS' && isSame(owner, cut)) return [];
    if (isAddress(record) && servers.has(nameKey(owner))) return [];
    const where = `${formatName(owner)} lies at or below ${formatName(cut)}, which is delegated`;
    return [{ path, message: `${where}; only addresses of name servers may (RFC 1034 §4.2.1)` }];
  });
  const cut = pools && cutAbove(pools, apex, names);
  if (!cut) return problems;
  const { path } = names.get(nameKey(cut))!.find(({ type }) => type === 'NS')!;
  return [...problems, { path, message: `${formatName(cut)} cannot be delegated; pools lie below it` }];
};

/** A name server with a name in the zone has its addresses there, or nobody finds it (RFC 1912 §2.3, RFC 1034 §4.2.1). */
const addresses: Rule = ({ apex, records }, names) =>
  records.flatMap(({ path, owner, type, target }) => {
    if (type !== 'NS' || !isAtOrBelow(target!, apex)) return [];
    // Beyond another zone's cut the addresses are that zone's to give.
    const cut = cutAbove(target!, apex, names);
    if (cut !== undefined && !isSame(cut, owner) && !isSame(owner, apex)) return [];
    if (names.get(nameKey(target!))?.some(isAddress)) return [];
    return [{ path, message: `${formatName(target!)} is in the zone, so its addresses must be here too` }];
  });

/** What MX and SRV point to is no alias (RFC 2181 §10.3, RFC 2782). */
const aliases: Rule = ({ records }, names) =>
  records.flatMap(({ path, type, target }) => {
    if ((type !== 'MX' && type !== 'SRV') || target === undefined) return [];
    const cname = names.get(nameKey(target))?.find((record) => record.type === 'CNAME');
    if (cname === undefined) return [];
    const rule = type === 'MX' ? 'RFC 2181 §10.3' : 'RFC 2782';
    return [
      {
        path,
        message: `${formatName(target)} is an alias (${cname.path}); ${type} needs a name with addresses (${rule})`,
      },
    ];
  });
