import { listOf, objectOf, oneOf, shallow, text, wholeFrom } from '../../pool/shape.ts';
import type { Change, Ref, StoredDocument, Write } from '../contract/documents.ts';
import { isKind, parseRecord, type SetAside, valueFlaw } from '../record/record.ts';

/** The part of a write that is kept for followers; its revision is that of the row. `since`: Change.deletionsSince. */
interface KeptEntry {
  readonly op: 'put' | 'delete' | 'link';
  readonly kind: string;
  readonly id: string;
  readonly value?: unknown;
  readonly since?: number;
  readonly zone?: string;
}

const KEPT = listOf(
  objectOf(
    { op: oneOf(['put', 'delete', 'link']), kind: text, id: text },
    { value: shallow, since: wholeFrom(0, Number.MAX_SAFE_INTEGER), zone: text },
  ),
);

/** A document of a row of the change table, and its value after it; `damaged`: the value cannot be read. */
export interface RowStep {
  readonly ref: Ref;
  readonly became: StoredDocument | 'deleted' | 'damaged';
  /** The zone of what was deleted, as Write has it. */
  readonly zone?: string;
}

/** What is kept of a write; `value`: the JSON of the document that it puts; `zone`: that of what it deletes. */
export function entryText(
  { op, kind, id }: Pick<Write, 'op' | 'kind' | 'id'>,
  value?: string,
  zone?: string,
): string {
  const entry = JSON.stringify({ op, kind, id, ...(zone !== undefined && { zone }) } satisfies KeptEntry);
  return value === undefined ? entry : `${entry.slice(0, -1)},"value":${value}}`;
}

/** The text of a row: entries (entryText), with the links of their revision and of the one before; `since`: Change.deletionsSince. */
export function entriesText(
  entries: readonly string[],
  link: string,
  previous = '',
  since: number | undefined = undefined,
): string {
  // Versions without links read it as the deletion of a document that does not exist.
  const last = JSON.stringify({ op: 'link', kind: link, id: previous, since });
  return `[${entries.join()}${entries.length === 0 ? '' : ','}${last}]`;
}

/** The links that a row of the change table ends with; absent: a program that keeps none wrote it. */
export function linksOf(entries: unknown): Pick<Change, 'link' | 'previous' | 'deletionsSince'> {
  const found = /\{"op":"link","kind":"([\w-]+)","id":"([\w-]*)"(?:,"since":(\d{1,15}))?\}\]$/.exec(
    String(entries),
  );
  if (found === null) return {};
  const [, link, previous, since] = found;
  return {
    link: link!,
    ...(previous && { previous }),
    ...(since !== undefined && { deletionsSince: Number(since) }),
  };
}

/** Reads a row of the change table; undefined where it does not show which documents it is about. */
export function stepsOf(revision: number, entries: unknown, setAside: SetAside): RowStep[] | undefined {
  const kept = parseRecord<KeptEntry[]>(entries, KEPT, setAside);
  if (kept === undefined) return undefined;
  const steps: RowStep[] = [];
  for (const [at, { op, kind, id, value, zone }] of kept.entries()) {
    if (op === 'link') continue;
    if (!isKind(kind)) return void setAside({ field: `[${at}].kind`, rule: 'must be a kind of documents' });
    const ref = { kind, id };
    const flaw = op === 'put' ? valueFlaw(ref, value) : undefined;
    if (flaw !== undefined) setAside({ field: `[${at}].value.${flaw.field}`, rule: flaw.rule });
    const document = { kind, id, revision, value } as StoredDocument;
    if (op === 'delete') steps.push({ ref, became: 'deleted', ...(zone !== undefined && { zone }) });
    else steps.push({ ref, became: flaw === undefined ? document : 'damaged' });
  }
  return steps;
}

/** The change of a revision that these steps make; undefined where one of them cannot be read. */
export function changeBy(revision: number, steps: readonly RowStep[]): Change | undefined {
  const entries: Change['entries'][number][] = [];
  for (const { ref, became, zone } of steps) {
    if (became === 'damaged') return undefined;
    if (became === 'deleted') entries.push({ op: 'delete', ...ref, ...(zone !== undefined && { zone }) });
    else entries.push({ op: 'put', document: became });
  }
  return { revision, entries };
}

/** Reads rows of the change table as stepsOf(). */
export type ReadSteps = typeof stepsOf;

/** Creates a reader that keeps the last row without a fault, so that all who read it in turn parse it once and share its documents. */
export function createStepsReader(): ReadSteps {
  let last: { readonly revision: number; readonly entries: unknown; readonly steps: RowStep[] } | undefined;
  return (revision, entries, setAside) => {
    if (last?.revision === revision && last.entries === entries) return last.steps;
    let isSound = true;
    const steps = stepsOf(revision, entries, (flaw) => {
      isSound = false;
      setAside(flaw);
    });
    last = steps !== undefined && isSound ? { revision, entries, steps } : undefined;
    return steps;
  };
}

/** A row of the change table as followers see it; undefined where not all of it can be read. */
export function changeOf(
  revision: number,
  entries: unknown,
  setAside: SetAside,
  readSteps: ReadSteps = stepsOf,
): Change | undefined {
  const steps = readSteps(revision, entries, setAside);
  const change = steps && changeBy(revision, steps);
  return change && { ...change, ...linksOf(entries) };
}
