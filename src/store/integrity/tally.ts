import { hash } from 'node:crypto';
import { createPieces } from '../../pace/next-turn.ts';
import type { Kind, Ref } from '../contract/documents.ts';
import { allDocuments, type Holding } from '../reading/all-documents.ts';

/** The sum of all documents, in whatever order they are added: two words of 32 bits. */
export type Digest = readonly [number, number];

/**
 * Counts and a digest that are kept beside a revision, so that a loss is noticed, and another history: as text
 * `<revision> <link> <documents> <uniques> <references> <digest> <kinds>`, where the digest is 16 hex digits, the kinds
 * are as `pool=2,zone=1`, and both are `-` where they are unknown. It is valid for its revision alone: an older version
 * writes further revisions without it.
 */
export interface Tally {
  readonly revision: number;
  /** Random, drawn with the commit that made the revision. */
  readonly link: string;
  readonly documents: number;
  readonly uniques: number;
  readonly references: number;
  /** undefined: no node has read all documents since an older version wrote. */
  readonly digest: Digest | undefined;
  /** Documents of each kind; undefined with the digest. */
  readonly kinds: ReadonlyMap<string, number> | undefined;
}

const EMPTY: Digest = [0, 0];

/** The tally in a text, if it is of this revision; undefined: there is none, or it was left behind. */
export function parseTally(text: unknown, revision: number): Tally | undefined {
  if (typeof text !== 'string') return undefined;
  const found =
    /^(\d{1,15}) ([\w-]{1,64}) (\d{1,15}) (\d{1,15}) (\d{1,15}) (-|[0-9a-f]{16}) (-|[a-z_=,0-9]*)$/.exec(
      text,
    );
  if (found === null || Number(found[1]) !== revision) return undefined;
  const [, , link, documents, uniques, references, digest, kinds] = found as unknown as string[];
  const isKnown = digest !== '-' && kinds !== '-';
  return {
    revision,
    link: link!,
    documents: Number(documents),
    uniques: Number(uniques),
    references: Number(references),
    digest: isKnown ? [word(digest!.slice(0, 8)), word(digest!.slice(8))] : undefined,
    kinds: isKnown ? parseKinds(kinds!) : undefined,
  };
}

/** A tally as text. */
export function formatTally({
  revision,
  link,
  documents,
  uniques,
  references,
  digest,
  kinds,
}: Tally): string {
  const counts = [...(kinds ?? [])].filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const sum = digest === undefined ? '-' : digest.map((each) => (each >>> 0).toString(16).padStart(8, '0'));
  const kept = kinds === undefined ? '-' : counts.map(([kind, count]) => `${kind}=${count}`).join();
  return [
    revision,
    link,
    documents,
    uniques,
    references,
    typeof sum === 'string' ? sum : sum.join(''),
    kept,
  ].join(' ');
}

function parseKinds(text: string): Map<string, number> {
  const pairs = text.split(',').map((each) => each.split('='));
  return new Map(pairs.flatMap(([kind, count]) => (kind && count ? [[kind, Number(count)]] : [])));
}

function word(hex: string): number {
  return Number.parseInt(hex, 16) | 0;
}

/** A digest with one more document, or, as it is its own reverse, without it. */
export function toggled(digest: Digest, { kind, id }: Ref, revision: number): Digest {
  // Of what was written last under a name, the revision says all.
  const sum = hash('sha1', `${kind}/${id} ${revision}`, 'hex');
  return [digest[0] ^ word(sum.slice(0, 8)), digest[1] ^ word(sum.slice(8, 16))];
}

/** What documents add up to. */
export interface Counted {
  readonly digest: Digest;
  readonly kinds: ReadonlyMap<string, number>;
}

/** Counts documents one by one. */
interface Counting {
  add(document: Ref & { readonly revision: number }): void;
  readonly sum: Counted;
}

function createCounting(): Counting {
  let digest = EMPTY;
  const kinds = new Map<string, number>();
  return {
    add(document) {
      digest = toggled(digest, document, document.revision);
      kinds.set(document.kind, (kinds.get(document.kind) ?? 0) + 1);
    },
    get sum() {
      return { digest, kinds };
    },
  };
}

/** Returns what documents add up to. */
export function tallied(documents: Iterable<Ref & { readonly revision: number }>): Counted {
  const counting = createCounting();
  for (const document of documents) counting.add(document);
  return counting.sum;
}

/** The same for a whole reading, a few at a time: there may be a million. */
export async function talliedInPieces(read: Holding): Promise<Counted> {
  const counting = createCounting();
  const isLong = createPieces();
  for (const document of allDocuments(read)) {
    counting.add(document);
    const rest = isLong();
    if (rest) await rest;
  }
  return counting.sum;
}

const NAMES: Readonly<Record<Kind, string>> = {
  load_balancer: 'load balancers',
  pool: 'pools',
  monitor: 'monitors',
  monitor_group: 'monitor groups',
  override: 'overrides',
  zone: 'zones',
  record: 'records',
  token: 'tokens',
};

/**
 * Returns what is lost of the documents, in a sentence without a final stop; undefined: nothing that the tally shows.
 * `found`: what they add up to; `unread`: how many are there that could not be read, which are not lost.
 */
export function lossOf(found: Counted, tally: Tally | undefined, unread: number): string | undefined {
  if (tally?.digest === undefined || tally.kinds === undefined) return undefined;
  // The digest says more than the counts beside it, which may be damaged.
  const isSame = areEqual(found.digest, tally.digest);
  if (isSame && unread === 0) return undefined;
  if (documentsIn(found) + unread < tally.documents) {
    const missing = [...tally.kinds].flatMap(([kind, count]) => {
      const lost = count - (found.kinds.get(kind) ?? 0);
      return lost > 0 ? [`${lost} of ${count} ${NAMES[kind as Kind] ?? kind}`] : [];
    });
    return `${missing.join(', ')} are missing`;
  }
  return unread > 0 ? undefined : 'some documents are not those that were written last';
}

/**
 * The tally as the documents are counted, all of which were read; undefined: it counts them right, or its digest is that of
 * others, or of none.
 */
export function recounted(tally: Tally, found: Counted): Tally | undefined {
  const { digest, kinds } = found;
  if (tally.digest === undefined || !areEqual(digest, tally.digest)) return undefined;
  const right = { ...tally, documents: documentsIn(found), kinds };
  return formatTally(right) === formatTally(tally) ? undefined : right;
}

/** Returns the number of documents. */
export function documentsIn({ kinds }: Counted): number {
  return kinds.values().reduce((sum, count) => sum + count, 0);
}

function areEqual(a: Digest, b: Digest): boolean {
  return a[0] === b[0] && a[1] === b[1];
}

/** The numbers of stored documents and of their records, as scripts and queries count them. */
export interface Sizes {
  readonly documents: number;
  readonly claims: number;
  readonly uniques: number;
  readonly references: number;
}

/**
 * Returns what is lost by the counts alone, in a sentence without a final stop; undefined: nothing. More than the tally
 * has is no loss: another program may have added it.
 */
export function shortfallOf(tally: Tally | undefined, revision: number, sizes: Sizes): string | undefined {
  if (revision === 0 && sizes.documents > 0)
    return `the record of the revision is missing, and there are ${sizes.documents} documents`;
  if (tally === undefined) return undefined;
  const less = (what: string, found: number, kept: number) =>
    found < kept ? [`${kept - found} of ${kept} ${what} are missing`] : [];
  const found = [
    ...less('documents', sizes.documents, tally.documents),
    ...less('records of what documents claim', sizes.claims, tally.documents),
    ...less('unique names', sizes.uniques, tally.uniques),
    ...less('references between documents', sizes.references, tally.references),
  ];
  return found.length === 0 ? undefined : found.join(', ');
}

/** Returns true where two links may be the same: they are equal, or one is unknown. */
export function areSame(a: string | undefined, b: string | undefined): boolean {
  return a === undefined || b === undefined || a === b;
}
