import { listOf, objectOf, oneOf, shallow, text } from '../../pool/shape.ts';
import { isKind, parseRecord, type SetAside, valueFlaw } from '../record.ts';
import type { Change, Kind, Ref, StoredDocument, Write } from '../store.ts';

/** What of a write is kept for followers; the revision is the row's. */
interface KeptEntry {
  readonly op: 'put' | 'delete';
  readonly kind: Kind;
  readonly id: string;
  readonly value?: unknown;
}

const KEPT = listOf(objectOf({ op: oneOf(['put', 'delete']), kind: text, id: text }, { value: shallow }));

/** A document that a row of the change table is about, and what became of it there; `damaged`: that cannot be read. */
export interface RowStep {
  readonly ref: Ref;
  readonly became: StoredDocument | 'deleted' | 'damaged';
}

/** What is kept of writes. */
export function entriesText(writes: readonly Write[]): string {
  return JSON.stringify(
    writes.map((write): KeptEntry => {
      const { kind, id } = write;
      return write.op === 'put' ? { op: 'put', kind, id, value: write.value } : { op: 'delete', kind, id };
    }),
  );
}

/** What a row of the change table says; undefined where it cannot be told which documents it is about. */
export function stepsOf(revision: number, entries: unknown, setAside: SetAside): RowStep[] | undefined {
  const kept = parseRecord<KeptEntry[]>(entries, KEPT, setAside);
  if (kept === undefined) return undefined;
  const steps: RowStep[] = [];
  for (const [at, { op, kind, id, value }] of kept.entries()) {
    if (!isKind(kind)) return void setAside({ field: `[${at}].kind`, rule: 'must be a kind of documents' });
    const ref = { kind, id };
    const flaw = op === 'put' ? valueFlaw(ref, value) : undefined;
    if (flaw !== undefined) setAside({ field: `[${at}].value.${flaw.field}`, rule: flaw.rule });
    const document = { kind, id, revision, value } as StoredDocument;
    steps.push({ ref, became: op === 'delete' ? 'deleted' : flaw === undefined ? document : 'damaged' });
  }
  return steps;
}

/** The change of a revision that these steps make; undefined where one of them cannot be read. */
export function changeBy(revision: number, steps: readonly RowStep[]): Change | undefined {
  const entries: Change['entries'][number][] = [];
  for (const { ref, became } of steps) {
    if (became === 'damaged') return undefined;
    entries.push(became === 'deleted' ? { op: 'delete', ...ref } : { op: 'put', document: became });
  }
  return { revision, entries };
}

/** A row of the change table as followers see it; undefined where not all of it can be read. */
export function changeOf(revision: number, entries: unknown, setAside: SetAside): Change | undefined {
  const steps = stepsOf(revision, entries, setAside);
  return steps && changeBy(revision, steps);
}
