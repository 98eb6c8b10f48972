import { createPieces } from '../../pace/next-turn.ts';
import { poolNameKey } from '../../pool/pool-name.ts';
import type { Documents, Kind, StoredDocument, Write } from '../../store/store.ts';
import type { Changed } from '../access/audit.ts';
import type { Problem } from '../http/problem.ts';
import { groupBodyOf, groupOf } from '../monitor-groups/body.ts';
import { groupDraft } from '../monitor-groups/kind.ts';
import { groupProblems } from '../monitor-groups/rules.ts';
import { monitorBodyOf, monitorOf } from '../monitors/body.ts';
import type { Intervals } from '../monitors/schema.ts';
import { deleteOf, endedBy } from '../overrides/ended.ts';
import { poolBodyOf, poolOf } from '../pools/body.ts';
import { poolDraft } from '../pools/kind.ts';
import type { Draft } from '../resource/draft.ts';
import { putOf, sameButForTime } from '../resource/write.ts';
import { createNames } from './names.ts';
import type { Wanted } from './schema.ts';

/** One change of applying a document. */
export interface PlannedChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: 'monitor' | 'monitor_group' | 'pool' | 'override';
  readonly id: string;
  /** Its name; the description of a monitor or group; the name of the pool of an override. */
  readonly name: string;
  /** The fields that an update changes, by their names in the API. */
  readonly fields?: readonly string[];
}

/** A change, with its draft and its revision. */
export interface PlannedWrite extends Changed {
  readonly change: PlannedChange;
  readonly write: Write;
  /** The object before the change, from which the plan was made; undefined: it did not exist. */
  readonly found: StoredDocument | undefined;
  /** The draft; its pointers are those of the whole document. */
  readonly draft: Pick<Draft<Kind>, 'unique' | 'references'>;
}

/** The plan of applying a document. */
export interface Plan {
  /** In the order of references: any number of the first steps leaves a valid configuration. */
  readonly steps: readonly PlannedWrite[];
  /** Number of objects that are equal to the document already. */
  readonly unchanged: number;
  /** Problems of the document; empty: it can be applied. */
  readonly problems: readonly Problem[];
}

/** The options of planOf. */
export interface Planning {
  readonly epochMs: number;
  readonly intervals: Intervals;
  /** Deletes monitors, groups and pools that are not in the document. */
  readonly prune: boolean;
  readonly newId: () => string;
}

/** The object of an entry, and its place. */
interface Target {
  readonly id: string;
  readonly name: string;
  readonly found: StoredDocument | undefined;
  readonly pointer: string;
}

type Listed = 'monitor' | 'monitor_group' | 'pool';
type Stored<K extends Listed> = Extract<StoredDocument, { kind: K }>;

/** Plans the changes that make the stored monitors, groups and pools equal to a valid document, a few entries at a time. */
export async function planOf(
  documents: readonly StoredDocument[],
  wanted: Wanted,
  planning: Planning,
): Promise<Plan> {
  const { epochMs, intervals, newId } = planning;
  const stored = <K extends Listed>(kind: K) =>
    documents.filter((each): each is Stored<K> => each.kind === kind);
  const monitors = createNames('monitor', stored('monitor'), newId);
  const groups = createNames('monitor group', stored('monitor_group'), newId);
  const pools = stored('pool');
  const named = new Map(pools.map((each) => [poolNameKey(each.value.name), each]));
  const overrides = Map.groupBy(
    documents.filter((each) => each.kind === 'override'),
    ({ value }) => value.pool,
  );
  const keptPools = new Set<string>();
  const steps: PlannedWrite[] = [];
  const problems: Problem[] = [];
  let unchanged = 0;
  const isLong = createPieces();

  /** Plans that a document becomes equal to a draft. `bodyOf` formats it as the API does. */
  function put<K extends Listed>(
    kind: K,
    { id, name, found, pointer }: Target,
    draft: Draft<K>,
    bodyOf: (value: Documents[K]) => object,
  ): void {
    const was = found?.value as Documents[K] | undefined;
    if (was !== undefined && sameButForTime(was, draft.value)) {
      unchanged += 1;
      return;
    }
    const change: PlannedChange =
      was === undefined
        ? { action: 'create', kind, id, name }
        : { action: 'update', kind, id, name, fields: differing(bodyOf(was), bodyOf(draft.value)) };
    const write = putOf(kind, id, draft, found?.revision ?? 0);
    steps.push({ change, write, found, before: was, at: pointer, draft: within(pointer, draft) });
  }
  /** Returns the identifier of a name in an entry, and reports a problem when there is none. */
  function resolved(called: string, names: { find(called: string): string | undefined }, pointer: string) {
    const id = names.find(called);
    const kind = names === monitors ? 'monitor' : 'monitor group';
    if (id === undefined)
      problems.push({ pointer, rule: `is neither the description of exactly one ${kind} nor an identifier` });
    return id ?? '';
  }

  for (const [i, body] of (wanted.monitors ?? []).entries()) {
    const rest = isLong();
    if (rest) await rest;
    const pointer = `/monitors/${i}`;
    const claimed = monitors.claim(body, pointer);
    if (claimed.kind === 'unclear') problems.push(claimed.problem);
    else {
      const { id, found } = claimed;
      const value = monitorOf(body, { id, epochMs, intervals, was: found?.value });
      const draft = { value, unique: [], references: [] };
      put('monitor', { id, name: value.description, found, pointer }, draft, monitorBodyOf);
    }
  }

  for (const [i, body] of (wanted.monitor_groups ?? []).entries()) {
    const rest = isLong();
    if (rest) await rest;
    const pointer = `/monitor_groups/${i}`;
    const members = body.members.map((member, at) => ({
      ...member,
      monitor_id: resolved(member.monitor_id, monitors, `${pointer}/members/${at}/monitor_id`),
    }));
    const isResolved = members.every(({ monitor_id }) => monitor_id !== '');
    for (const each of isResolved ? groupProblems({ members }) : [])
      problems.push({ ...each, pointer: `${pointer}${each.pointer}` });
    const claimed = groups.claim(body, pointer);
    if (claimed.kind === 'unclear') problems.push(claimed.problem);
    else {
      const { id, found } = claimed;
      const value = groupOf({ ...body, members }, id, epochMs, found?.value);
      put('monitor_group', { id, name: value.description, found, pointer }, groupDraft(value), groupBodyOf);
    }
  }

  for (const [i, entry] of (wanted.pools ?? []).entries()) {
    const rest = isLong();
    if (rest) await rest;
    const pointer = `/pools/${i}`;
    const body = {
      ...entry,
      ...(entry.monitor ? { monitor: resolved(entry.monitor, monitors, `${pointer}/monitor`) } : {}),
      ...(entry.monitor_group
        ? { monitor_group: resolved(entry.monitor_group, groups, `${pointer}/monitor_group`) }
        : {}),
    };
    const key = poolNameKey(entry.name);
    const found = named.get(key);
    const id = found?.id ?? newId();
    const value = poolOf(body, id, epochMs, found?.value);
    for (const each of endedBy(value, overrides.get(id) ?? [])) remove(each, 'override', entry.name);
    if (keptPools.has(key))
      problems.push({ pointer: `${pointer}/name`, rule: 'is that of another pool of the document' });
    keptPools.add(key);
    put('pool', { id, name: entry.name, found, pointer }, poolDraft(value), poolBodyOf);
  }

  function remove(document: StoredDocument, kind: PlannedChange['kind'], name: string): void {
    steps.push({
      change: { action: 'delete', kind, id: document.id, name },
      write: deleteOf(document),
      found: document,
      before: document.value,
      draft: { unique: [], references: [] },
    });
  }
  if (planning.prune) {
    for (const pool of pools.filter(({ value }) => !keptPools.has(poolNameKey(value.name)))) {
      for (const each of overrides.get(pool.id) ?? []) remove(each, 'override', pool.value.name);
      remove(pool, 'pool', pool.value.name);
    }
    for (const group of groups.unclaimed()) remove(group, 'monitor_group', group.value.description);
    for (const monitor of monitors.unclaimed()) remove(monitor, 'monitor', monitor.value.description);
  }
  return { steps, unchanged, problems };
}

/** Prefixes the pointers of a draft with the place of its object in the document. */
function within(pointer: string, { unique, references }: Draft<Kind>): PlannedWrite['draft'] {
  const below = <T extends { readonly pointer: string }>(each: T) => ({
    ...each,
    pointer: `${pointer}${each.pointer}`,
  });
  return { unique: unique.map(below), references: references.map(below) };
}

function differing(was: object, now: object): string[] {
  const before: Record<string, unknown> = { ...was };
  const after: Record<string, unknown> = { ...now };
  return [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]),
  );
}
