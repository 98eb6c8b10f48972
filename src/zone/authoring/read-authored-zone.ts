import { foldName, formatName, isAtOrBelow, nameKey } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import type { Problem } from '../../input/problem.ts';
import type { AuthoredZone } from '../authored-zone.ts';
import type { Zone } from '../zone.ts';
import { zonesWith } from './read-zones.ts';

/** The zone that an authored zone describes, or all problems of its settings, with paths inside them. */
export type AuthoredReading =
  | { readonly ok: true; readonly zone: Zone }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const zones = zonesWith(undefined);

/** Reads an authored zone by the rules for `zones` in the configuration file. */
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
 * Says why a zone conflicts with others: it exists already, or one zone would hide pools or records of the other. The words
 * complete "the zone …"; undefined: no conflict.
 */
export function conflictOf(zone: Zone, others: Iterable<Zone>): string | undefined {
  for (const other of others) {
    if (nameKey(zone.apex) === nameKey(other.apex)) return 'exists already';
    const isAbove = isAtOrBelow(other.apex, zone.apex);
    if (!isAbove && !isAtOrBelow(zone.apex, other.apex)) continue;
    const [upper, lower] = isAbove ? [zone, other] : [other, zone];
    const hidden = hiddenBy(upper, lower);
    if (hidden !== undefined)
      return `conflicts with ${formatName(other.apex)}: the zone ${formatName(lower.apex)} would hide ${hidden} of the zone ${formatName(upper.apex)}`;
  }
  return undefined;
}

/** Names what a zone below another would answer in its place: pools or a record. Delegations and their addresses are no conflict. */
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
      !(type === Type.DS && nameKey(owner) === nameKey(lower.apex)) &&
      !((type === Type.A || type === Type.AAAA) && servers.has(nameKey(owner))),
  );
  return record === undefined ? undefined : `records at ${formatName(record.owner)}`;
}
