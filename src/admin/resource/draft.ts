import type { Documents, Kind, Ref } from '../../store/contract/documents.ts';
import type { Problem } from '../http/problem.ts';

/** A document to write, with its unique keys, the problem to report where another document has one, and its references. */
export interface Draft<K extends Kind> {
  readonly value: Documents[K];
  readonly unique: readonly (Problem & { readonly key: string })[];
  readonly references: readonly {
    readonly to: Ref & { readonly ifRevision?: number };
    readonly pointer: string;
  }[];
}

/** A document after a write. */
export interface Written<K extends Kind> {
  readonly value: Documents[K];
  /** The revision that last wrote the document. */
  readonly revision: number;
}
