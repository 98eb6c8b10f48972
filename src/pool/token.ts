import type { RecordRights } from './record-rights.ts';

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
  /** A read or edit token is bound to these records, and may use nothing else; absent: it is not bound. */
  readonly records?: RecordRights;
  /** Its quotas: the most objects that it may write, and the most endpoints in its pools; absent: only the common limits. */
  readonly documentsMax?: number;
  readonly endpointsMax?: number;
  /** RFC 3339 in UTC; absent: it does not end. */
  readonly expiresOn?: string;
  readonly createdOn: string;
  readonly modifiedOn: string;
}

/** A token of the configuration file, which the API neither shows nor ends. */
export type ConfiguredToken = Pick<
  Token,
  'name' | 'hash' | 'scope' | 'poolPrefix' | 'records' | 'documentsMax' | 'endpointsMax' | 'expiresOn'
>;

/** Name of the token that may do everything: of `api.token`, or the one that the data directory keeps. */
export const BOOTSTRAP = 'bootstrap';

/** Whether a token may bear this name. */
export function isTokenName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}
