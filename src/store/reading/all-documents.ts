import type { Configuration, StoredDocument } from '../contract/documents.ts';
import { Records, type StoredRecord } from './records.ts';

/** The documents of a reading: the records, and all others. */
export type Holding = Pick<Configuration, 'documents' | 'records'>;

/** Lists all documents, the records last. */
export function* allDocuments({ documents, records }: Holding): Generator<StoredDocument, undefined> {
  yield* documents;
  if (records !== undefined) yield* records.all();
}

/** Returns the number of all documents. */
export function documentCount({ documents, records }: Holding): number {
  return documents.length + (records?.size ?? 0);
}

/** Gathers documents as a reading holds them. */
export interface HoldingGathering {
  add(document: StoredDocument): void;
  done(): Holding;
}

/** Begins with none. */
export function gatherDocuments(): HoldingGathering {
  const documents: StoredDocument[] = [];
  const records = Records.NONE.edit();
  let hasRecords = false;
  return {
    add(document) {
      if (document.kind === 'record') {
        hasRecords = true;
        records.put(document);
      } else documents.push(document);
    },
    done: () => ({ documents, ...(hasRecords && { records: records.done() }) }),
  };
}

/** Returns a reading's form of these documents. */
export function holdingOf(all: Iterable<StoredDocument>): Holding {
  const gathering = gatherDocuments();
  for (const document of all) gathering.add(document);
  return gathering.done();
}

/** Tells a record from other documents. */
export function isRecord(document: StoredDocument): document is StoredRecord {
  return document.kind === 'record';
}
