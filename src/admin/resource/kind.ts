import type { Documents, Kind, Ref } from '../../store/contract/documents.ts';

/**
 * The secret fields of a document, each with what is shown in its place; undefined: nothing. A field that is null or absent has no
 * secret.
 */
export type Secrets<T> = { readonly [F in keyof T]?: (value: NonNullable<T[F]>) => T[F] | undefined };

/** What an audit event has besides the document. */
export interface EventContext {
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  /** The name of the pool of an override, where it is known. */
  readonly poolName: string | undefined;
}

/** The properties of a kind of documents that all routes use. `KINDS` has those of each kind. */
export interface ResourceKind<K extends Kind> {
  readonly kind: K;
  /** The noun in messages and summaries, such as `monitor group`. */
  readonly noun: string;
  /**
   * The secrets, which no event and no log line shows. An answer shows them to tokens without a prefix, since an export
   * has them, unless `views` leaves them out.
   */
  readonly secrets: Secrets<Documents[K]>;
  /** The lowest scope of tokens that may write it. */
  readonly writers: 'edit' | 'admin';
  /**
   * The pools to which a document belongs, by name or by identifier: a token with a prefix may write it where all of them have that
   * prefix. Undefined: it belongs to no pool, or to any.
   */
  poolsOf(value: Documents[K]): readonly ({ readonly name: string } | { readonly id: string })[] | undefined;
  /** What people call a document: its name or its description; empty: neither. */
  nameOf(value: Documents[K]): string;
  /** The documents that a document uses, as lists of references have them. */
  usesOf(value: Documents[K]): Ref[];
  /** Formats a document of the past for an audit event. Its secrets are gone already. */
  eventView(value: Documents[K], context: EventContext): object;
}

/** Copies a document without its secrets. Returns the same object where it has none. */
export function withoutSecrets<K extends Kind>(
  { secrets }: Pick<ResourceKind<K>, 'secrets'>,
  value: Documents[K],
): Documents[K] {
  let open = value;
  for (const field in secrets) {
    const secret = value[field];
    if (secret === undefined || secret === null) continue;
    const shown = secrets[field]!(secret);
    const { [field]: _, ...rest } = open;
    open = (shown === undefined ? rest : { ...open, [field]: shown }) as Documents[K];
  }
  return open;
}
