import { newEpoch } from '../epoch.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import type { Scripts } from './scripts.ts';

/** Where the store stands. */
export interface Standing {
  readonly epoch: string;
  readonly revision: number;
  /** Changed observations published so far. */
  readonly observed: number;
}

/** Reads where the store stands; names an empty one. Throws StoreUnavailable. */
export async function readStanding(connection: Connection, scripts: Scripts, keys: Keys): Promise<Standing> {
  const answer = await connection.script(scripts.position, [keys.meta], [newEpoch()]);
  const [epoch, revision, observed] = answer as [string, string, string];
  return { epoch, revision: Number(revision), observed: Number(observed) };
}
