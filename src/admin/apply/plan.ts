import type { Monitor } from '../../pool/monitor.ts';
import type { Pool } from '../../pool/pool.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { StoredDocument, Write } from '../../store/store.ts';
import type { Intervals } from '../monitors/schema.ts';
import { monitorBodyOf, monitorOf } from '../monitors/view.ts';
import { poolDraft } from '../pools/draft.ts';
import { poolBodyOf, poolOf } from '../pools/view.ts';
import type { Problem } from '../problem.ts';
import { putOf, sameButForTime } from '../write.ts';
import type { Wanted } from './schema.ts';

/** One thing that applying a document does. */
export interface PlannedChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: 'monitor' | 'pool' | 'override';
  readonly id: string;
  /** Of a monitor its description, of an override the name of its pool. */
  readonly name: string;
  /** Of an update: the fields that become others, as the API calls them. */
  readonly fields?: readonly string[];
}

/** What applying a document comes to. */
export interface Plan {
  readonly changes: readonly PlannedChange[];
  /** Objects of the document that are as it wants them. */
  readonly unchanged: number;
  /** One for each change, in the order that references need. */
  readonly writes: readonly Write[];
  /** Empty: it can be applied. */
  readonly problems: readonly Problem[];
}

/** What planOf works with. */
export interface Planning {
  readonly nowMs: number;
  readonly intervals: Intervals;
  /** Whether pools and described monitors that the document does not have are deleted. */
  readonly prune: boolean;
  readonly newId: () => string;
}

type Stored<K extends 'monitor' | 'pool'> = Extract<StoredDocument, { kind: K }>;

/**
 * What it takes to make the stored monitors and pools those of a valid document. Monitors are known by their
 * descriptions, pools by their names; a monitor without description, or one that shares it, is left alone.
 */
export function planOf(documents: readonly StoredDocument[], wanted: Wanted, planning: Planning): Plan {
  const { nowMs, intervals, newId } = planning;
  const stored = documents.filter((each): each is Stored<'monitor'> => each.kind === 'monitor');
  const described = Map.groupBy(stored, ({ value }) => value.description);
  const pools = documents.filter((each): each is Stored<'pool'> => each.kind === 'pool');
  const named = new Map(pools.map((each) => [poolNameKey(each.value.name), each]));

  const changes: PlannedChange[] = [];
  const writes: Write[] = [];
  const problems: Problem[] = [];
  let unchanged = 0;
  /** Identifiers by description: those of the document, new ones among them. */
  const monitorIds = new Map<string, string>();
  const keptPools = new Set<string>();

  for (const [i, body] of (wanted.monitors ?? []).entries()) {
    const name = body.description ?? '';
    const pointer = `/monitors/${i}/description`;
    const [found, another] = described.get(name) ?? [];
    if (name === '') problems.push({ pointer, rule: 'must be given: monitors are known by it' });
    else if (monitorIds.has(name))
      problems.push({ pointer, rule: 'is that of another monitor of the document' });
    else if (another) problems.push({ pointer, rule: 'is that of more than one stored monitor' });
    else {
      const id = found?.id ?? newId();
      monitorIds.set(name, id);
      const value = monitorOf(body, { id, nowMs, intervals, was: found?.value });
      if (found && sameButForTime(found.value, value)) unchanged += 1;
      else {
        changes.push(changeOf('monitor', id, name, found && fieldsOf(monitorBodyOf, found.value, value)));
        writes.push(putOf('monitor', id, { value, unique: [], references: [] }, found?.revision ?? 0));
      }
    }
  }

  for (const [i, entry] of (wanted.pools ?? []).entries()) {
    const key = poolNameKey(entry.name);
    const monitor = entry.monitor
      ? (monitorIds.get(entry.monitor) ?? storedMonitor(entry.monitor))
      : entry.monitor;
    if (entry.monitor && monitor === undefined)
      problems.push({
        pointer: `/pools/${i}/monitor`,
        rule: 'is neither the description of one monitor nor an identifier',
      });
    if (keptPools.has(key))
      problems.push({ pointer: `/pools/${i}/name`, rule: 'is that of another pool of the document' });
    keptPools.add(key);
    const found = named.get(key);
    const id = found?.id ?? newId();
    const { monitor: _, ...rest } = entry;
    const value = poolOf({ ...rest, ...(monitor === undefined ? {} : { monitor }) }, id, nowMs, found?.value);
    if (found && sameButForTime(found.value, value)) unchanged += 1;
    else {
      changes.push(changeOf('pool', id, entry.name, found && fieldsOf(poolBodyOf, found.value, value)));
      writes.push(putOf('pool', id, poolDraft(value), found?.revision ?? 0));
    }
  }

  function storedMonitor(called: string): string | undefined {
    const [byDescription, another] = described.get(called) ?? [];
    if (byDescription && !another) return byDescription.id;
    return stored.find(({ id }) => id === called)?.id;
  }

  function remove({ kind, id, revision }: StoredDocument, as: PlannedChange['kind'], name: string): void {
    changes.push({ action: 'delete', kind: as, id, name });
    writes.push({ op: 'delete', kind, id, ifRevision: revision });
  }

  if (planning.prune) {
    for (const pool of pools.filter(({ value }) => !keptPools.has(poolNameKey(value.name)))) {
      for (const each of documents)
        if (each.kind === 'override' && each.value.pool === pool.id)
          remove(each, 'override', pool.value.name);
      remove(pool, 'pool', pool.value.name);
    }
    for (const [name, [found, another]] of described)
      if (name !== '' && found && !another && !monitorIds.has(name)) remove(found, 'monitor', name);
  }
  return { changes, unchanged, writes, problems };
}

function changeOf(
  kind: 'monitor' | 'pool',
  id: string,
  name: string,
  fields: readonly string[] | undefined,
): PlannedChange {
  return fields ? { action: 'update', kind, id, name, fields } : { action: 'create', kind, id, name };
}

function fieldsOf<T extends Monitor | Pool>(bodyOf: (value: T) => object, was: T, now: T): string[] {
  const before: Record<string, unknown> = { ...bodyOf(was) };
  const after: Record<string, unknown> = { ...bodyOf(now) };
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
}

/** The document that planOf would find nothing to change for: monitors by description, pools by name. */
export function exportOf(documents: readonly StoredDocument[]) {
  const monitors = documents.flatMap((each) => (each.kind === 'monitor' ? [each.value] : []));
  const described = Map.groupBy(monitors, ({ description }) => description);
  const isNameable = ({ description }: Monitor) =>
    description !== '' && described.get(description)!.length === 1;
  const descriptions = new Map(monitors.filter(isNameable).map(({ id, description }) => [id, description]));
  const pools = documents.flatMap((each) => (each.kind === 'pool' ? [each.value] : []));
  return {
    monitors: monitors
      .filter(isNameable)
      .sort((a, b) => (a.description < b.description ? -1 : 1))
      .map(monitorBodyOf),
    pools: pools
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map((pool) => {
        const body = poolBodyOf(pool);
        const description = pool.monitor ? descriptions.get(pool.monitor) : undefined;
        return description === undefined ? body : { ...body, monitor: description };
      }),
  };
}
