import { createPieces } from '../../pace/next-turn.ts';
import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { Configuration, DocumentStore, StoredDocument } from '../../store/contract/documents.ts';
import { documentsOf } from '../../store/reading/of-kind.ts';
import type { Zone } from '../../zone/zone.ts';
import type { FoundProblems } from '../http/problem.ts';
import { prepareRules } from '../load-balancers/rules.ts';
import { groupBodyOf, groupOf } from '../monitor-groups/body.ts';
import { groupDraft } from '../monitor-groups/kind.ts';
import { groupProblems } from '../monitor-groups/rules.ts';
import { monitorBodyOf, monitorOf } from '../monitors/body.ts';
import type { Intervals } from '../monitors/schema.ts';
import { endedBy } from '../overrides/ended.ts';
import { poolBodyOf, poolOf } from '../pools/body.ts';
import { poolDraft } from '../pools/kind.ts';
import type { KnownZone } from '../zones/known-zone.ts';
import { createNames, type Names } from './names.ts';
import { createLoadBalancerPlanner, type PlannedPool } from './plan-load-balancers.ts';
import { createZonePlanner } from './plan-zones.ts';
import type { Wanted } from './schema.ts';
import { createSteps, type PlannedWrite, type Steps, type Stored } from './steps.ts';

/** The plan of applying a document. */
export interface Plan {
  /** In the order of references: any number of the first steps leaves a valid configuration. */
  readonly steps: readonly PlannedWrite[];
  /** Number of objects that are equal to the document already. */
  readonly unchanged: number;
  /** Problems of the document; none: it can be applied. */
  readonly problems: Pick<FoundProblems, 'kept' | 'count'>;
}

/** The options of planOf. */
export interface Planning {
  readonly epochMs: number;
  readonly intervals: Intervals;
  /** The zones there are. */
  readonly zones: readonly KnownZone[];
  /** Those of the configuration file, as it has them. */
  readonly configured: readonly Zone[];
  readonly store: DocumentStore;
  /**
   * Deletes monitors, groups and pools that are not in the document; load balancers, zones, and records of a zone too, if the document
   * lists any: older documents do not know them.
   */
  readonly prune: boolean;
  readonly newId: () => string;
}

type Entry<L extends keyof Wanted> = NonNullable<Wanted[L]>[number];

/** Plans the changes that make the stored monitors, groups, zones with their records, pools and load balancers equal to a valid document, a few entries at a time. */
export async function planOf(read: Configuration, wanted: Wanted, planning: Planning): Promise<Plan> {
  const { newId } = planning;
  const { documents } = read;
  const monitors = createNames('monitor', documentsOf(documents, 'monitor'), newId);
  const groups = createNames('monitor group', documentsOf(documents, 'monitor_group'), newId);
  const steps = createSteps();
  const pools = createPoolPlanner(documents, steps, planning);
  const isLong = createPieces();
  for (const [i, body] of (wanted.monitors ?? []).entries()) {
    const rest = isLong();
    if (rest) await rest;
    planMonitor(body, `/monitors/${i}`, monitors, steps, planning);
  }
  for (const [i, body] of (wanted.monitor_groups ?? []).entries()) {
    const rest = isLong();
    if (rest) await rest;
    planGroup(body, `/monitor_groups/${i}`, { monitors, groups }, steps, planning);
  }
  for (const [i, entry] of (wanted.pools ?? []).entries()) {
    const rest = isLong();
    if (rest) await rest;
    pools.plan(entry, `/pools/${i}`, { monitors, groups });
  }
  const zones = createZonePlanner(read, steps, planning);
  for (const [i, entry] of (wanted.zones ?? []).entries()) await zones.plan(entry, `/zones/${i}`);
  const loadBalancers = createLoadBalancerPlanner(documents, pools.planned, steps, {
    ...planning,
    zones: zones.zones,
  });
  for (const [i, entry] of (wanted.load_balancers ?? []).entries()) {
    const rest = isLong();
    if (rest) await rest;
    await prepareRules(entry);
    loadBalancers.plan(entry, `/load_balancers/${i}`);
  }
  if (planning.prune && wanted.load_balancers !== undefined) loadBalancers.prune();
  for (const [i, entry] of (wanted.zones ?? []).entries()) await zones.planRecords(entry, `/zones/${i}`);
  if (planning.prune && wanted.zones !== undefined) zones.prune();
  loadBalancers.checkOthers();
  if (planning.prune) {
    pools.prune();
    for (const group of groups.unclaimed()) steps.remove(group, 'monitor_group', group.value.description);
    for (const monitor of monitors.unclaimed()) steps.remove(monitor, 'monitor', monitor.value.description);
  }
  return { steps: steps.all, unchanged: steps.unchanged, problems: steps.problems };
}

/** The objects that entries name. */
interface Known {
  readonly monitors: Names<Stored<'monitor'>>;
  readonly groups: Names<Stored<'monitor_group'>>;
}

function planMonitor(
  body: Entry<'monitors'>,
  pointer: string,
  monitors: Known['monitors'],
  steps: Steps,
  { epochMs, intervals }: Planning,
): void {
  const claimed = monitors.claim(body, pointer);
  if (claimed.kind === 'unclear') {
    steps.problems.add(claimed.problem);
    return;
  }
  const { id, found } = claimed;
  const value = monitorOf(body, { id, epochMs, intervals, was: found?.value });
  const target = { id, name: value.description, found, pointer };
  steps.put('monitor', target, { value, unique: [], references: [] }, monitorBodyOf);
}

function planGroup(
  body: Entry<'monitor_groups'>,
  pointer: string,
  { monitors, groups }: Known,
  steps: Steps,
  { epochMs }: Planning,
): void {
  const members = body.members.map((member, at) => ({
    ...member,
    monitor_id: resolved(
      member.monitor_id,
      'monitor',
      monitors,
      `${pointer}/members/${at}/monitor_id`,
      steps,
    ),
  }));
  const isResolved = members.every(({ monitor_id }) => monitor_id !== '');
  for (const each of isResolved ? groupProblems({ members }) : [])
    steps.problems.add({ ...each, pointer: `${pointer}${each.pointer}` });
  const claimed = groups.claim(body, pointer);
  if (claimed.kind === 'unclear') {
    steps.problems.add(claimed.problem);
    return;
  }
  const { id, found } = claimed;
  const value = groupOf({ ...body, members }, id, epochMs, found?.value);
  steps.put('monitor_group', { id, name: value.description, found, pointer }, groupDraft(value), groupBodyOf);
}

/** Creates what plans pools, and with them their overrides. */
function createPoolPlanner(documents: readonly StoredDocument[], steps: Steps, { epochMs, newId }: Planning) {
  const pools = documentsOf(documents, 'pool');
  const named = new Map(pools.map((each) => [poolNameKey(each.value.name), each]));
  const overrides = Map.groupBy(documentsOf(documents, 'override'), ({ value }) => value.pool);
  const kept = new Set<string>();
  const planned = new Map<string, PlannedPool>();
  const removeOverrides = (ended: readonly StoredDocument[], { name }: Pick<Pool, 'name'>) => {
    for (const each of ended) steps.remove(each, 'override', name);
  };
  return {
    /** The pools that were planned, by identifier. */
    planned: planned as ReadonlyMap<string, PlannedPool>,
    plan(entry: Entry<'pools'>, pointer: string, { monitors, groups }: Known): void {
      const { monitor, monitor_group: group } = entry;
      const body = {
        ...entry,
        ...(monitor && { monitor: resolved(monitor, 'monitor', monitors, `${pointer}/monitor`, steps) }),
        ...(group && {
          monitor_group: resolved(group, 'monitor group', groups, `${pointer}/monitor_group`, steps),
        }),
      };
      const key = poolNameKey(entry.name);
      const found = named.get(key);
      const id = found?.id ?? newId();
      const value = poolOf(body, id, epochMs, found?.value);
      removeOverrides(endedBy(value, overrides.get(id) ?? []), entry);
      if (kept.has(key))
        steps.problems.add({ pointer: `${pointer}/name`, rule: 'is that of another pool of the document' });
      kept.add(key);
      planned.set(id, { value, was: found?.value, pointer });
      steps.put('pool', { id, name: entry.name, found, pointer }, poolDraft(value), poolBodyOf);
    },
    /** Removes the pools that were not planned. */
    prune(): void {
      for (const pool of pools.filter(({ value }) => !kept.has(poolNameKey(value.name)))) {
        removeOverrides(overrides.get(pool.id) ?? [], pool.value);
        steps.remove(pool, 'pool', pool.value.name);
      }
    },
  };
}

/** Returns the identifier of a name in an entry; when there is none, reports a problem, and returns an empty text. */
function resolved(
  called: string,
  noun: string,
  names: Pick<Names<never>, 'find'>,
  pointer: string,
  { problems }: Steps,
): string {
  const id = names.find(called);
  if (id === undefined)
    problems.add({ pointer, rule: `is neither the description of exactly one ${noun} nor an identifier` });
  return id ?? '';
}
