import { foldName, formatName, isAtOrBelow, nameKey, parentOf, type WireName } from '../dns/name.ts';
import { Type } from '../dns/type.ts';
import type { Member } from '../pool/members.ts';
import { poolNameKey } from '../pool/pool-name.ts';
import { namesIn } from '../rdata/rdata.ts';
import type { Authority } from './authority.ts';
import { createSlices } from './contents/slices.ts';
import { type Lookup, lookup } from './lookup.ts';
import type { Zone } from './zone.ts';

/** How a question is answered, and which names it leads to. */
export interface Walk {
  readonly found: Lookup;
  /** The name that was asked for, and the targets of the aliases that were followed, those on the way of a flattened one, too. */
  readonly names: readonly WireName[];
  /** The targets of the aliases that are in the answer, in the case they were written in. */
  readonly targets: readonly Uint8Array[];
}

/**
 * Answers a question as lookup() does, but looks only at those parts of zones and at pools that it leads to: `membersOf` is asked, by poolNameKey,
 * for those at the names on the way and above them; undefined: there is no such pool, or it is disabled.
 */
export function walk(
  { zones, serial, unread }: Pick<Authority, 'zones' | 'serial' | 'unread'>,
  membersOf: (pool: string) => readonly Member[] | undefined,
  qname: WireName,
  qtype: number,
): Walk {
  const pools = new Map<string, readonly Member[]>();
  const slices = createSlices(zones);
  /** Looks up the pools and record sets of these names. Returns true where it found new ones. */
  const learn = (names: readonly WireName[]): boolean => {
    const before = pools.size;
    const haveSets = names.map((name) => slices.learn(name)).includes(true);
    for (const key of names.flatMap((name) => zones.flatMap((zone) => poolAbove(zone, name) ?? []))) {
      const members = membersOf(key);
      if (members !== undefined) pools.set(key, members);
    }
    return haveSets || pools.size > before;
  };
  learn([qname]);
  for (;;) {
    const found = lookup({ zones: slices.zones, serial, pools, ...(unread && { unread }) }, qname, qtype);
    const targets = targetsOf(found);
    const names = [qname, ...[...targets, ...(found.flattened?.targets ?? [])].map(foldName)];
    // A new pool may end the walk, or keep a wildcard from the names below the pool.
    if (!learn([...names, ...namesBeside(found)])) return { names, targets, found };
  }
}

/** The name of the pool at a name, or of the one that the name lies below, were there such a pool. */
function poolAbove({ pools }: Zone, name: WireName): string | undefined {
  if (pools === undefined || name.length === pools.length || !isAtOrBelow(name, pools)) return undefined;
  let at = name;
  while (nameKey(parentOf(at)!) !== nameKey(pools)) at = parentOf(at)!;
  return poolNameKey(formatName(at).split('.', 1)[0]!);
}

function targetsOf(found: Lookup): Uint8Array[] {
  const sets = found.kind === 'answer' ? found.rrsets : found.kind === 'refused' ? [] : found.chain;
  return sets.filter(({ type }) => type === Type.CNAME).map(({ rdata }) => rdata[0]!);
}

/** The names whose addresses an answer may have besides: those that its last record sets point to. */
function namesBeside(found: Lookup): WireName[] {
  const sets = found.kind === 'answer' ? found.rrsets.slice(-1) : found.kind === 'referral' ? [found.ns] : [];
  return sets.flatMap(({ type, rdata }) => rdata.flatMap((each) => namesIn(type, each)));
}
