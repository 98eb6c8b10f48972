import { createHash } from 'node:crypto';

/** The account of this server, as part of other objects in the API. */
export interface Account {
  readonly id: string;
  readonly name: string;
}

/** The time of objects of the configuration, whose creation time is unknown. RFC 3339. */
export const UNKNOWN_TIME = '1970-01-01T00:00:00.000000Z';

/** Returns the only account: with the configured identifier, or with one that is the same on every server. */
export function accountOf(configured: string | undefined): Account {
  const id = configured ?? createHash('sha256').update('lifeguard account').digest('hex').slice(0, 32);
  return { id, name: 'Lifeguard' };
}

/** A whole account. */
export function accountView({ id, name }: Account) {
  return {
    id,
    name,
    type: 'standard',
    settings: { enforce_twofactor: false },
    created_on: UNKNOWN_TIME,
  };
}
