/** What a token may do: read; write pools, monitors and groups too; or everything, tokens among it. */
export const SCOPES = ['read', 'edit', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** A credential of the API; of its secret only the hash is kept. */
export interface Token {
  readonly id: string;
  /** Unique in any case; audit events name it. */
  readonly name: string;
  /** SHA-256 of the secret, 64 lower-case hex digits. */
  readonly hash: string;
  readonly scope: Scope;
  /** An edit token may write only pools whose name begins so, in any case of letters; absent: all there is to edit. */
  readonly poolPrefix?: string;
  /** RFC 3339 in UTC; absent: it does not end. */
  readonly expiresOn?: string;
  readonly createdOn: string;
  readonly modifiedOn: string;
}
