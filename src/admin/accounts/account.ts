import { createHash } from 'node:crypto';

/** The account this server is, as the API shows it inside of other objects. */
export interface Account {
  readonly id: string;
  readonly name: string;
}

/** The time of everything whose making nobody noted: what comes from the configuration. RFC 3339. */
export const UNKNOWN_TIME = '1970-01-01T00:00:00.000000Z';

/** The only account there is: of the configured identifier, or of one that is the same on every server. */
export function accountOf(configured: string | undefined): Account {
  const id = configured ?? createHash('sha256').update('lifeguard account').digest('hex').slice(0, 32);
  return { id, name: 'Lifeguard' };
}

/** An account in full. */
export function accountView({ id, name }: Account) {
  return {
    id,
    name,
    type: 'standard',
    settings: { enforce_twofactor: false },
    created_on: UNKNOWN_TIME,
  };
}
