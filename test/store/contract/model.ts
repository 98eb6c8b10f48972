import type {
  Change,
  Committed,
  Ref,
  Refusal,
  StoredDocument,
  Write,
} from '../../../src/store/contract/documents.ts';

interface Held {
  readonly document: StoredDocument;
  readonly unique: readonly string[];
  readonly references: readonly Ref[];
}

const keyOf = ({ kind, id }: Ref) => `${kind}/${id}`;

/** What the contract says of commit, as plainly as it can be said. */
export class Model {
  revision = 0;
  readonly changes: Change[] = [];
  #held = new Map<string, Held>();

  documents(): StoredDocument[] {
    return [...this.#held.values()].map(({ document }) => document);
  }

  /** The revision that last wrote the document; 0 when there is none. */
  revisionOf(ref: Ref): number {
    return this.#held.get(keyOf(ref))?.document.revision ?? 0;
  }

  commit(writes: readonly Write[]): Committed {
    if (writes.length === 0) return { ok: true, revision: this.revision };
    const before = new Map(this.#held);
    const revision = this.revision + 1;
    for (const [at, write] of writes.entries()) {
      const refusal = this.#apply(write, at, revision);
      if (refusal !== undefined) {
        this.#held = before;
        return { ok: false, refusal };
      }
    }
    this.revision = revision;
    this.changes.push({
      revision,
      entries: writes.map((write) =>
        write.op === 'put'
          ? { op: 'put', document: documentOf(write, revision) }
          : { op: 'delete', kind: write.kind, id: write.id },
      ),
    });
    return { ok: true, revision };
  }

  #apply(write: Write, at: number, revision: number): Refusal | undefined {
    const key = keyOf(write);
    const present = this.#held.get(key);
    if (write.ifRevision !== undefined && write.ifRevision !== this.revisionOf(write))
      return { kind: 'conflict', at };
    const others = [...this.#held].filter(([other]) => other !== key).map(([, held]) => held);
    if (write.op === 'delete') {
      if (present === undefined) return { kind: 'not_found', at };
      const by = others
        .filter(({ references }) => references.some((to) => keyOf(to) === key))
        .map(({ document: { kind, id } }): Ref => ({ kind, id }))
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      if (by.length > 0) return { kind: 'referenced', at, by };
      this.#held.delete(key);
      return undefined;
    }
    for (const value of write.unique) {
      const owner = others.find(
        ({ document, unique }) => document.kind === write.kind && unique.includes(value),
      );
      if (owner !== undefined) return { kind: 'not_unique', at, value, id: owner.document.id };
    }
    for (const { ifRevision, ...reference } of write.references) {
      if (keyOf(reference) === key) continue;
      if (!this.#held.has(keyOf(reference))) return { kind: 'dangling', at, reference };
      if (ifRevision !== undefined && ifRevision !== this.revisionOf(reference))
        return { kind: 'conflict', at };
    }
    const { ifReferrers } = write;
    const referrers = others.filter(
      ({ document, references }) =>
        document.kind === ifReferrers?.kind && references.some((to) => keyOf(to) === key),
    );
    if (referrers.some(({ document }) => !ifReferrers!.ids.includes(document.id)))
      return { kind: 'conflict', at };
    const { unique, references } = write;
    this.#held.set(key, { document: documentOf(write, revision), unique, references });
    return undefined;
  }
}

function documentOf({ kind, id, value }: Extract<Write, { op: 'put' }>, revision: number): StoredDocument {
  return { kind, id, revision, value } as StoredDocument;
}
