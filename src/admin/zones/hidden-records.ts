import { keyAbove, orderKey } from '../../dns/canonical-order.ts';
import { createPieces } from '../../pace/next-turn.ts';
import type { AuthoredZone } from '../../zone/authored-zone.ts';
import { readAuthoredZone } from '../../zone/authoring/read-authored-zone.ts';
import { readName } from '../../zone/authoring/records-at-name.ts';
import { byOwner } from '../../zone/contents/by-owner.ts';
import type { OrderedMap } from '../../zone/contents/ordered-map.ts';
import type { HeldRecord } from '../../zone/dns-record.ts';
import type { Zone } from '../../zone/zone.ts';
import type { Problem } from '../http/problem.ts';

/** The records of a zone, by the keys of their owners. */
type Owners = OrderedMap<readonly HeldRecord[]>;

/** Maximum number of records that the problems of a change name. */
export const HIDDEN_SHOWN_MAX = 20;

/**
 * Finds records of the API, `owners`, that would not be answered any more with other settings of their zone: where its name servers get
 * addresses, and at and below the name of pools. A few names at a time. `under` makes the pointer of a problem from the path of a setting.
 */
export async function hiddenRecordProblems(
  owners: Owners,
  was: AuthoredZone,
  zone: AuthoredZone,
  under: (path: string) => string,
): Promise<Problem[]> {
  const [before, after] = [readAuthoredZone(was), readAuthoredZone(zone)];
  // What cannot be read is another problem, or is not answered now.
  if (!before.ok || !after.ok) return [];
  return hiddenBetween(owners, before.zone, after.zone, under);
}

/** The same of a zone that was read, as one of the configuration file is. */
export async function hiddenBetween(
  owners: Owners,
  before: Zone,
  after: Zone,
  under: (path: string) => string,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const isLong = createPieces();
  for (const [key, setting] of keysConcerned(before, after, owners)) {
    const rest = isLong();
    if (rest) await rest;
    const held = owners.get(key);
    if (held === undefined) continue;
    const leftOut = (of: Zone) => readName(of, byOwner(of.rrsets).get(key) ?? [], held).leftOut;
    const known = new Set(leftOut(before).map(({ record }) => record.id));
    for (const { record, message } of leftOut(after)) {
      if (known.has(record.id)) continue;
      const { name, type } = record.value;
      const sentence = `Record "${name}" ${type} would not be answered any more: ${message}. Delete it first, or choose another setting.`;
      problems.push({ pointer: under(setting), rule: '', sentence });
      if (problems.length === HIDDEN_SHOWN_MAX) return problems;
    }
  }
  return problems;
}

/** The keys of names with records that the settings decide about, each with the setting that does. */
function* keysConcerned(
  before: Zone,
  after: Zone,
  owners: Owners,
): IterableIterator<readonly [string, string]> {
  if (owners.size === 0) return;
  const seen = new Set<string>();
  for (const { owner } of after.rrsets) {
    const key = orderKey(owner);
    if (!seen.has(key)) yield [key, 'ns'];
    seen.add(key);
  }
  const pools = after.pools && orderKey(after.pools);
  if (pools === undefined || (before.pools && orderKey(before.pools)) === pools) return;
  for (let at = keyAbove(pools); at?.startsWith(orderKey(after.apex)); at = keyAbove(at)) yield [at, 'pools'];
  for (const [key] of owners.from(pools)) {
    if (!key.startsWith(pools)) return;
    yield [key, 'pools'];
  }
}
