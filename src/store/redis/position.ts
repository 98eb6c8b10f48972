import { newEpoch } from '../epoch.ts';
import { StoreUnavailable } from '../store.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { AsideIn } from './records.ts';
import { digits, texts } from './reply.ts';
import type { Scripts } from './scripts.ts';

/** Where the store stands. */
export interface Standing {
  readonly epoch: string;
  readonly revision: number;
  /** Changed observations published so far. */
  readonly observed: number;
}

/** Reads where the store stands; names an empty one. Throws StoreUnavailable, also where what says so is damaged. */
export async function readStanding(
  connection: Connection,
  scripts: Scripts,
  keys: Keys,
  aside: AsideIn,
): Promise<Standing> {
  const answer = await connection.script(scripts.position, [keys.meta], [newEpoch()]);
  const [epoch = '', ...counts] = connection.read(answer, texts);
  const [revision, observed] = ['revision', 'observed'].map((name, at) => {
    const count = digits(counts[at]);
    if (count === undefined) aside(keys.meta, name)({ field: '', rule: 'must be a whole number from 0' });
    return count;
  });
  if (revision === undefined || observed === undefined)
    throw new StoreUnavailable(`where the store stands cannot be read: ${keys.meta} is damaged`);
  return { epoch, revision, observed };
}
