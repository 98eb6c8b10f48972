import { formatName, isAtOrBelow, nameKey, parentOf, type WireName } from '../../dns/name.ts';
import { ANSWERED_RECORDS_MAX, type RRset } from '../../dns/rrset.ts';
import { FLATTENED_CNAME } from '../../dns/type.ts';
import type { Problem } from '../../input/problem.ts';
import { rdataKey } from '../../rdata/rdata.ts';
import { isWildcard } from './owner-name.ts';
import { type StaticRecord, typeNumber } from './static-record.ts';
import { recordsWrittenAt } from './written-places.ts';

/** Maximum octets of the records of a set in a message, which has header, question, SOA and OPT as well. */
export const RRSET_OCTETS_MAX = 64_000;
/** Octets of a record besides its rdata: pointer to the owner, type, class, TTL and length. */
export const RECORD_OCTETS = 12;

/** The records of a zone before they are grouped into sets. */
export interface Draft {
  readonly apex: WireName;
  readonly pools?: WireName;
  readonly records: readonly StaticRecord[];
}

type Rule = (draft: Draft, names: Names) => Problem[];

/** Records by owner. */
type Names = ReadonlyMap<string, readonly StaticRecord[]>;

/** Finds records that break a rule. A missing record never makes another record a problem. */
export function recordProblems(draft: Draft): Problem[] {
  const names = byOwner(draft);
  return [poolsName, alone, dnames, parentSide, sets, aliases].flatMap((rule) => rule(draft, names));
}

/**
 * Finds records that are missing or misplaced for delegations and name servers. Only for a zone whose records were all
 * read without problems: a wrong record would count as missing.
 */
export function delegationProblems(draft: Draft): Problem[] {
  const names = byOwner(draft);
  return [cuts, addresses].flatMap((rule) => rule(draft, names));
}

/** Groups the records into sets, in the order of their first records. */
export function rrsetsOf({ apex, records }: Draft): RRset[] {
  return setsOf(records).map(({ first, set }) => {
    const isFlattened = first.type === 'CNAME' && isSame(first.owner, apex);
    const rrset = {
      owner: first.owner,
      type: isFlattened ? FLATTENED_CNAME : typeNumber(first.type),
      ttlSeconds: first.ttlSeconds,
      rdata: set.map((record) => record.rdata),
    };
    return recordsWrittenAt(
      rrset,
      set.map(({ path }) => path),
    );
  });
}

/** Groups records by owner and type, in the order of their first records. */
function setsOf(records: readonly StaticRecord[]) {
  return [...Map.groupBy(records, setKey).values()].flatMap((set) => {
    const [first] = set;
    return first === undefined ? [] : [{ first, set }];
  });
}

const byOwner = ({ records }: Draft): Names => Map.groupBy(records, ({ owner }) => nameKey(owner));
const setKey = ({ owner, type }: StaticRecord) => `${type} ${nameKey(owner)}`;
const isAddress = ({ type }: StaticRecord) => type === 'A' || type === 'AAAA';
/** Returns true for an NS record, which always has a target. */
export const isServer = (record: StaticRecord): record is StaticRecord & { readonly target: WireName } =>
  record.type === 'NS' && record.target !== undefined;
const isReplaced = (type: string) => type === 'A' || type === 'AAAA' || type === 'DNAME';
const isSame = (a: WireName, b: WireName) => nameKey(a) === nameKey(b);

/**
 * The pools name has no records. Each name right below it may be a pool's at any time, which then answers for its addresses, and
 * nothing below it is delegated: pools are answered here.
 */
const poolsName: Rule = ({ records, pools }) => {
  if (pools === undefined) return [];
  const name = formatName(pools);
  return records.flatMap(({ path, owner, type }): Problem[] => {
    if (!isAtOrBelow(owner, pools)) return [];
    const at = formatName(owner);
    if (isSame(owner, pools))
      return [{ path, message: `${at} is the name below which pools are answered, and can have no records` }];
    if (type === 'NS')
      return [{ path, message: `${at} is below ${name}, where pools are answered, and cannot be delegated` }];
    let pool = owner;
    while (!isSame(parentOf(pool)!, pools)) pool = parentOf(pool)!;
    // A record below it, too, would make it answer for all names that are no pools' (RFC 4592 §2.2.2).
    if (isWildcard(pool))
      return [
        { path, message: `${at} is at or below a wildcard of names of pools, and can have no records` },
      ];
    if (!isSame(owner, pool)) return [];
    if (!['CNAME', 'DNAME', 'A', 'AAAA'].includes(type)) return [];
    return [{ path, message: `${at} can have no ${type}: a pool of this name answers for its addresses` }];
  });
};

/**
 * A CNAME is the only record at its name (RFC 1034 §3.6.2, RFC 2181 §10.1). At the apex, which has SOA and NS, it is answered with the
 * addresses of its target, so it stands for the records that have those.
 */
const alone: Rule = ({ apex }, names) =>
  [...names.values()].flatMap((records) => {
    const [first, second] = records.filter(({ type }) => type === 'CNAME');
    if (first === undefined) return [];
    const { path, owner } = first;
    const name = formatName(owner);
    const isApex = isSame(owner, apex);
    const other = records.find(({ type }) => type !== 'CNAME' && (!isApex || isReplaced(type)));
    const rule = isApex
      ? 'at the apex, a CNAME answers with the addresses of its target, in the place of A, AAAA and DNAME'
      : 'a CNAME must be the only record at its name (RFC 1034 §3.6.2)';
    if (other !== undefined)
      return [{ path, message: `${name} has ${other.type} as well (${other.path}); ${rule}` }];
    if (second === undefined) return [];
    return [{ path: second.path, message: `${name} has a CNAME already (${path}) (RFC 2181 §10.1)` }];
  });

/**
 * A DNAME is the only one at its name, which is no wildcard (RFC 4592 §4.4), and nothing is below it: what was there would never be
 * answered (RFC 6672 §2.4).
 */
const dnames: Rule = ({ pools, records }, names) => {
  const dnameAt = (name: WireName) => names.get(nameKey(name))?.find(({ type }) => type === 'DNAME');
  if (!records.some(({ type }) => type === 'DNAME')) return [];
  return records.flatMap((record): Problem[] => {
    const { path, owner, type } = record;
    const name = formatName(owner);
    for (let at = parentOf(owner); at !== undefined; at = parentOf(at)) {
      const above = dnameAt(at);
      if (above === undefined) continue;
      const message = `${name} is below ${formatName(at)}, which has a DNAME (${above.path}); nothing can be below it (RFC 6672 §2.4)`;
      return [{ path, message }];
    }
    if (type !== 'DNAME') return [];
    if (isWildcard(owner))
      return [{ path, message: `${name} is a wildcard; it cannot have a DNAME (RFC 4592 §4.4)` }];
    const first = dnameAt(owner)!;
    if (first !== record)
      return [{ path, message: `${name} has a DNAME already (${first.path}) (RFC 6672 §2.4)` }];
    if (pools === undefined || !isAtOrBelow(pools, owner)) return [];
    return [{ path, message: `${name} cannot have a DNAME, because the pools of this zone are below it` }];
  });
};

/** DS is at a delegation, and so in the zone above the one that it is about (RFC 4035 §2.4). */
const parentSide: Rule = ({ apex, records }) =>
  records
    .filter(({ type, owner }) => type === 'DS' && isSame(owner, apex))
    .map(({ path, owner }) => ({
      path,
      message: `${formatName(owner)} is the apex, and DS belongs to the zone above it (RFC 4035 §2.4)`,
    }));

/** A record set has one TTL (RFC 2181 §5.2), no record twice (§5), and what an answer holds of it fits one message. */
const sets: Rule = ({ records }) =>
  setsOf(records).flatMap(({ first, set }) => {
    const problems: Problem[] = [];
    const name = `${formatName(first.owner)} ${first.type}`;
    const seen = new Map<string, string>();
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
    }
    const octets = answerOctets(set);
    if (octets > RRSET_OCTETS_MAX)
      problems.push({
        path: first.path,
        message: `${name} needs ${octets} octets in an answer; ${RRSET_OCTETS_MAX} at most`,
      });
    return problems;
  });

/** Octets that an answer may need for a set: those of its longest records, as many as an answer holds. */
function answerOctets(set: readonly StaticRecord[]): number {
  const octets = set.map(({ rdata }) => RECORD_OCTETS + rdata.length).sort((a, b) => b - a);
  return octets.slice(0, ANSWERED_RECORDS_MAX).reduce((sum, each) => sum + each, 0);
}

/** Returns the highest delegation at or above a name and below the apex; undefined: the name is in the zone itself. */
function cutAbove(name: WireName, apex: WireName, names: Names): WireName | undefined {
  let highest: WireName | undefined;
  for (let at: WireName | undefined = name; at && !isSame(at, apex); at = parentOf(at))
    if (names.get(nameKey(at))?.some(({ type }) => type === 'NS')) highest = at;
  return highest;
}

/** At and below a delegation only its NS records and the addresses of name servers are allowed (RFC 1034 §4.2.1). */
const cuts: Rule = ({ apex, pools, records }, names) => {
  const servers = new Set(records.filter(isServer).map(({ target }) => nameKey(target)));
  const problems = records.flatMap((record): Problem[] => {
    const { path, owner, type } = record;
    const cut = cutAbove(owner, apex, names);
    if (cut === undefined) return [];
    if (type === 'NS' && isWildcard(owner))
      return [
        { path, message: `${formatName(owner)} is a wildcard; it cannot be delegated (RFC 4592 §4.2)` },
      ];
    if ((type === 'NS' || type === 'DS') && isSame(owner, cut)) return [];
    if (isAddress(record) && servers.has(nameKey(owner))) return [];
    const where = `${formatName(owner)} is at or below ${formatName(cut)}, which is delegated`;
    return [
      { path, message: `${where}; only addresses of name servers are allowed there (RFC 1034 §4.2.1)` },
    ];
  });
  const cut = pools && cutAbove(pools, apex, names);
  const delegation = cut && names.get(nameKey(cut))?.find(isServer);
  if (delegation === undefined) return problems;
  const { path, owner } = delegation;
  const message = `${formatName(owner)} cannot be delegated, because the pools of this zone are below it`;
  return [...problems, { path, message }];
};

/** A name server with a name in the zone needs its addresses there, or resolvers cannot find it (RFC 1912 §2.3, RFC 1034 §4.2.1). */
const addresses: Rule = ({ apex, records }, names) =>
  records.filter(isServer).flatMap(({ path, owner, target }) => {
    if (!isAtOrBelow(target, apex)) return [];
    // Below the cut of another zone, that zone has the addresses.
    const cut = cutAbove(target, apex, names);
    if (cut !== undefined && !isSame(cut, owner) && !isSame(owner, apex)) return [];
    if (names.get(nameKey(target))?.some(isAddress)) return [];
    return [{ path, message: `${formatName(target)} is in the zone, so its addresses must be here too` }];
  });

/** MX and SRV must not point to an alias (RFC 2181 §10.3, RFC 2782). */
const aliases: Rule = ({ apex, records }, names) =>
  records.flatMap(({ path, type, target }) => {
    if ((type !== 'MX' && type !== 'SRV') || target === undefined || isSame(target, apex)) return [];
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
