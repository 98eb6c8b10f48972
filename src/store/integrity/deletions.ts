/** What is known of deletions, which the documents do not show, so that every node gives a zone the same serial. */
export interface Deletions {
  /**
   * Of what was deleted up to this revision it is not known what it was of: deletions are noted from then on, or that
   * of a load balancer or a record, which any zone may have had, was the last. One whose zone is known writes that instead.
   */
  readonly since: number;
  /** The revision of the last deletion of a pool after that; 0: none. */
  readonly pool: number;
}

/**
 * What a store notes beside a revision, `<revision> <since> <pool>`. It is valid for its revision alone: an older
 * version writes further revisions without it, and then what was deleted until now is unknown.
 */
export function parseDeletions(text: unknown, revision: number): Deletions {
  const [, noted, since, pool] = /^(\d{1,15}) (\d{1,15}) (\d{1,15})$/.exec(String(text)) ?? [];
  if (Number(noted) !== revision) return { since: revision, pool: 0 };
  return { since: Number(since), pool: Number(pool) };
}

/**
 * Since when the next revision notes deletions, where those before are not known; undefined: they are, or there were no
 * revisions before. A follower of the changes must know it, as a reader of all documents does.
 */
export function deletionsSinceIn(text: unknown, present: number): number | undefined {
  return present === 0 || revisionNoted(text) === present ? undefined : present;
}

/** The revision that a text notes deletions beside; undefined: none. */
export function revisionNoted(text: unknown): number | undefined {
  const noted = /^(\d{1,15}) \d{1,15} \d{1,15}$/.exec(String(text))?.[1];
  return noted === undefined ? undefined : Number(noted);
}

/** Deletions as text. */
export function formatDeletions({ since, pool }: Deletions, revision: number): string {
  return `${revision} ${since} ${pool}`;
}

/** As much of a change of the store as matters here. */
interface Deleting {
  readonly revision: number;
  readonly deletionsSince?: number;
  readonly entries: readonly (
    | { readonly op: 'put' }
    | { readonly op: 'delete'; readonly kind: string; readonly zone?: string }
  )[];
}

/** Returns what is known after one more revision. */
export function deletionsAfter(
  deletions: Deletions,
  { revision, deletionsSince, entries }: Deleting,
): Deletions {
  const noted = deletionsSince === undefined ? deletions : { since: deletionsSince, pool: 0 };
  return {
    since: isOfAnyZone(entries) ? revision : noted.since,
    pool: hasDeletion(entries, 'pool') ? revision : noted.pool,
  };
}

/** Returns true where one of these deletes a document that any zone may have had. */
export function isOfAnyZone(entries: Deleting['entries']): boolean {
  return entries.some(
    (entry) =>
      entry.op === 'delete' &&
      (entry.kind === 'load_balancer' || entry.kind === 'record') &&
      entry.zone === undefined,
  );
}

/** Returns true where one of these deletes a document of the kind. */
export function hasDeletion(entries: Deleting['entries'], kind: string): boolean {
  return entries.some((entry) => entry.op === 'delete' && entry.kind === kind);
}
