import type { Documents, Kind, StoredDocument, Write } from '../../store/contract/documents.ts';
import type { Changed } from '../access/audit.ts';
import { type FoundProblems, gatherProblems } from '../http/problem.ts';
import { deleteOf } from '../overrides/ended.ts';
import type { Draft } from '../resource/draft.ts';
import { putOf, sameButForTime } from '../resource/write.ts';

/** One change of applying a document. */
export interface PlannedChange {
  readonly action: 'create' | 'update' | 'delete';
  readonly kind: 'monitor' | 'monitor_group' | 'pool' | 'override' | 'zone' | 'record' | 'load_balancer';
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

/** The object of an entry, and its place. */
export interface Target {
  readonly id: string;
  readonly name: string;
  readonly found: StoredDocument | undefined;
  readonly pointer: string;
}

/** The kinds of documents that a document of apply lists. */
export type Listed = 'monitor' | 'monitor_group' | 'pool' | 'zone' | 'record' | 'load_balancer';
/** A stored document of such a kind. */
export type Stored<K extends Listed> = Extract<StoredDocument, { kind: K }>;

/** The steps of a plan, and the problems that were found on the way. */
export interface Steps {
  readonly all: readonly PlannedWrite[];
  /** Number of objects that are equal to the document already. */
  readonly unchanged: number;
  readonly problems: FoundProblems;
  /** Plans that a stored document becomes equal to a draft. `bodyOf` formats it as the API does. */
  put<K extends Listed>(
    kind: K,
    target: Target,
    draft: Draft<K>,
    bodyOf: (value: Documents[K]) => object,
  ): void;
  /** Counts objects that are equal to the document already. */
  leave(count: number): void;
  /** Plans that a document is deleted. */
  remove(document: StoredDocument, kind: PlannedChange['kind'], name: string): void;
}

/** Creates a plan without steps. */
export function createSteps(): Steps {
  const all: PlannedWrite[] = [];
  let unchanged = 0;
  return {
    all,
    problems: gatherProblems(),
    get unchanged() {
      return unchanged;
    },
    put(kind, { id, name, found, pointer }, draft, bodyOf) {
      const was = found?.value as typeof draft.value | undefined;
      if (was !== undefined && sameButForTime(was, draft.value)) {
        unchanged += 1;
        return;
      }
      const change: PlannedChange =
        was === undefined
          ? { action: 'create', kind, id, name }
          : { action: 'update', kind, id, name, fields: differing(bodyOf(was), bodyOf(draft.value)) };
      const write = putOf(kind, id, draft, found?.revision ?? 0);
      all.push({ change, write, found, before: was, at: pointer, draft: within(pointer, draft) });
    },
    leave(count) {
      unchanged += count;
    },
    remove(document, kind, name) {
      all.push({
        change: { action: 'delete', kind, id: document.id, name },
        write: deleteOf(document),
        found: document,
        before: document.value,
        draft: { unique: [], references: [] },
      });
    },
  };
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
