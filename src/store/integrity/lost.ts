import { type Configuration, documentName, type Ref, type StoredDocument } from '../contract/documents.ts';
import { allDocuments } from '../reading/all-documents.ts';
import { areSame } from './tally.ts';

/** What a store has about a document beside the document itself. */
export interface Trace {
  readonly ref: Ref;
  /** What it claims; none where that is not known. */
  readonly names: readonly string[];
  /** The revision that wrote it last; undefined: that is not known. */
  readonly revision: number | undefined;
}

/** What a store has about its documents beside the documents themselves. */
export interface Traces {
  /** Documents that must be there, by their names. */
  readonly claimed: ReadonlyMap<string, Trace>;
  /** The last value in the record of changes of documents whose stored value differs, by their names. */
  readonly written: ReadonlyMap<string, StoredDocument | 'deleted'>;
  /** The record of changes has every change after this revision. */
  readonly wholeAfter: number;
}

/** A document that a store lost, or that cannot be read there. */
export interface LostDocument {
  readonly ref: Ref;
  readonly names: readonly string[];
  /** Its value; undefined: unknown. */
  readonly document: StoredDocument | undefined;
  /** The source of its value. */
  readonly from: 'changes' | 'last_good' | undefined;
  /** It was there at this revision, and may have been deleted since; undefined: it was not. */
  readonly maybeSince: number | undefined;
  /** It is there, but cannot be read. */
  readonly isDamaged: boolean;
}

/** Adds a trace to those that are known of the same document. */
export function addTrace(traces: Map<string, Trace>, { ref, names, revision }: Trace): void {
  const known = traces.get(documentName(ref));
  traces.set(documentName(ref), {
    ref,
    names: [...new Set([...(known?.names ?? []), ...names])],
    revision: known?.revision ?? revision,
  });
}

/** A document of a change, and its value after it; `damaged`: the value cannot be read. */
export interface Step {
  readonly ref: Ref;
  readonly became: StoredDocument | 'deleted' | 'damaged';
}

/** Gathers the record of changes, entry by entry in its order. */
export interface Gathering {
  /** Takes in an entry; undefined: which documents it is about is unknown. */
  add(revision: number, steps: readonly Step[] | undefined): void;
  done(): Pick<Traces, 'written' | 'wholeAfter'>;
}

/**
 * Returns the revision that the changes of a store may have reached; Infinity: the record of the revision is lost, so no trace is
 * of a later one.
 */
export function lastRevisionOf({ revision, loss }: Configuration): number {
  return revision === 0 && loss !== undefined ? Infinity : revision;
}

/** Gathers what the record says beyond what was read of the store; holds no document that is there as it was written last. */
export function gatherChanges(read: Configuration): Gathering {
  const present = lastRevisionOf(read);
  const there = revisionsOf(allDocuments(read));
  const written = new Map<string, StoredDocument | 'deleted'>();
  let wholeAfter = present;
  let reached: number | undefined;
  return {
    add(revision, steps) {
      if (steps === undefined) wholeAfter = revision;
      else if (reached !== revision - 1) wholeAfter = revision - 1;
      reached = revision;
      for (const { ref, became } of steps ?? []) {
        const key = documentName(ref);
        const isThere = typeof became === 'object' && (there.get(key) ?? -1) >= became.revision;
        if (became === 'damaged' || isThere) written.delete(key);
        else written.set(key, became);
      }
    },
    done: () => ({ written, wholeAfter: reached === present ? wholeAfter : present }),
  };
}

/**
 * Returns the documents of a store that are lost or cannot be read, as far as anything shows. `remembered`: the last
 * good state of a node. A value is given only where it is the one that was written last.
 */
export function lostDocuments(
  read: Configuration,
  { claimed, written, wholeAfter }: Traces,
  remembered: Configuration | undefined,
): LostDocument[] {
  const there = revisionsOf(allDocuments(read));
  const isThere = (key: string, revision: number) => (there.get(key) ?? -1) >= revision;
  const damaged = new Map((read.damaged?.documents ?? []).map((ref) => [documentName(ref), ref]));
  const lost = new Map<string, Ref>(damaged);
  for (const [key, { ref, revision }] of claimed) if (!isThere(key, revision ?? 0)) lost.set(key, ref);
  for (const [key, became] of written) if (became !== 'deleted') lost.set(key, became);
  const memory = new Map(
    [...(remembered ? allDocuments(remembered) : [])].map((each) => [documentName(each), each]),
  );
  const isOfThis = remembered !== undefined && isSameHistory(read, remembered);
  const isUpToDate = isOfThis && wholeAfter <= remembered.revision;
  if (isOfThis)
    for (const [key, document] of memory)
      if (!isThere(key, document.revision) && written.get(key) !== 'deleted') lost.set(key, document);

  return [...lost].map(([key, { kind, id }]): LostDocument => {
    const trace = claimed.get(key);
    const became = written.get(key);
    const change = became === 'deleted' ? undefined : became;
    const last = memory.get(key);
    /** Returns true for the value that was written last. `isWhole`: all later changes are known. */
    const isLast = (document: StoredDocument, isWhole: boolean) =>
      trace?.revision === undefined ? isWhole : document.revision === trace.revision;
    const known = (document: StoredDocument | undefined, from: LostDocument['from']): LostDocument => ({
      ref: { kind, id },
      names: trace !== undefined && trace.names.length > 0 ? trace.names : nameIn(document ?? change ?? last),
      document,
      from: document && from,
      isDamaged: damaged.has(key),
      maybeSince:
        document === undefined && trace === undefined && !damaged.has(key)
          ? Math.max(change?.revision ?? 0, remembered?.revision ?? 0)
          : undefined,
    });
    if (change !== undefined && isLast(change, change.revision > wholeAfter)) return known(change, 'changes');
    if (last !== undefined && isLast(last, isUpToDate)) return known(last, 'last_good');
    return known(undefined, undefined);
  });
}

/** The revision of each document, by its name. */
export function revisionsOf(documents: Iterable<StoredDocument>): Map<string, number> {
  const revisions = new Map<string, number>();
  for (const document of documents) revisions.set(documentName(document), document.revision);
  return revisions;
}

function nameIn(document: StoredDocument | undefined): readonly string[] {
  const { name, description } = (document?.value ?? {}) as {
    readonly name?: string;
    readonly description?: string;
  };
  return [name ?? description ?? ''].filter((each) => each !== '');
}

/** Returns true where the remembered configuration was a state of the store that was read. */
function isSameHistory(read: Configuration, remembered: Configuration): boolean {
  if (remembered.epoch !== read.epoch || remembered.revision > lastRevisionOf(read)) return false;
  return remembered.revision < lastRevisionOf(read) || areSame(read.link, remembered.link);
}
