import { foldName, formatName, isAtOrBelow, nameKey } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import type { Problem } from '../../input/problem.ts';
import type { AuthoredZone } from '../authored-zone.ts';
import type { Zone } from '../zone.ts';
import { zones } from './read-zones.ts';

/** What an authored zone means: a zone, or everything that is wrong with its settings, by their path in them. */
export type AuthoredReading =
  | { readonly ok: true; readonly zone: Zone }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads an authored zone by the rules of the configuration file's `zones`. */
export function readAuthoredZone({
  name,
  settings,
}: Pick<AuthoredZone, 'name' | 'settings'>): AuthoredReading {
  const problems: Problem[] = [];
  const [zone] = zones([{ ...settings, name: `${name}.` }], { path: '', problems }) ?? [];
  if (zone !== undefined && problems.length === 0) return { ok: true, zone };
  return {
    ok: false,
    problems: problems.map(({ path, message }) => ({ path: path.replace(/^\[0\]\.?/, ''), message })),
  };
}

/**
 * Why a zone cannot be served beside others: it is there already, or one of them would hide the other's pools or
 * records. The sentence completes "the zone …"; undefined: it can.
 */
export function conflictOf(zone: Zone, others: Iterable<Zone>): string | undefined {
  for (const other of others) {
    if (nameKey(zone.apex) === nameKey(other.apex)) return 'is there already';
    const isAbove = isAtOrBelow(other.apex, zone.apex);
    if (!isAbove && !isAtOrBelow(zone.apex, other.apex)) continue;
    const [upper, lower] = isAbove ? [zone, other] : [other, zone];
    const hidden = hiddenBy(upper, lower);
    if (hidden !== undefined)
      return `does not go with ${formatName(other.apex)}: ${hidden} of the zone ${formatName(upper.apex)} would be hidden by the zone ${formatName(lower.apex)}`;
  }
  return undefined;
}

/** What of a zone would be answered by a zone below it: its pools, or a record; delegations and their addresses may. */
function hiddenBy(upper: Zone, lower: Zone): string | undefined {
  const { pools, rrsets } = upper;
  if (pools !== undefined && (isAtOrBelow(pools, lower.apex) || isAtOrBelow(lower.apex, pools)))
    return `the pools at ${formatName(pools)}`;
  const servers = new Set(
    rrsets
      .filter(({ type }) => type === Type.NS)
      .flatMap(({ rdata }) => rdata.map((name) => nameKey(foldName(name)))),
  );
  const record = rrsets.find(
    ({ owner, type }) =>
      isAtOrBelow(owner, lower.apex) &&
      type !== Type.NS &&
      !((type === Type.A || type === Type.AAAA) && servers.has(nameKey(owner))),
  );
  return record === undefined ? undefined : `records at ${formatName(record.owner)}`;
}
