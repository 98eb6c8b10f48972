import { setImmediate as nextTurn } from 'node:timers/promises';
import { StoreNotReplicated, StoreUnavailable } from '../../contract/failure.ts';
import type { Connection } from './connection.ts';

/** How many replicas must have a commit before it is acknowledged. */
export interface Replicas {
  readonly count: number;
  /** Milliseconds to wait for them. */
  readonly timeoutMs: number;
}

/** Time for the answer of WAIT to come after the wait has ended, milliseconds. */
const ANSWER_MS = 1_000;

/**
 * Makes the function that makes a commit over a connection, and resolves when enough replicas have it (WAIT of Redis). Commits that are
 * made together wait together. It throws as the commit does, and StoreNotReplicated where the commit was made, and
 * too few replicas have it in time. WAIT holds up all later commands of its connection, so this one is for commits alone.
 */
export function createReplication(
  connection: Connection,
  { count, timeoutMs }: Replicas,
): <T extends { readonly ok: true; readonly revision: number } | { readonly ok: false }>(
  commit: () => Promise<T>,
) => Promise<T> {
  const patient = connection.within(() => timeoutMs + ANSWER_MS);
  let asked: Promise<number> | undefined;

  /** How many replicas have what was written by the calls that were answered until this turn of the event loop is over. */
  const replicated = () => {
    asked ??= nextTurn().then(async () => {
      asked = undefined;
      return patient.read(await patient.command('WAIT', count, timeoutMs), countOf);
    });
    return asked;
  };

  return async (commit) => {
    const link = await connection.link();
    const made = await commit();
    if (!made.ok) return made;
    let have = 0;
    try {
      const counted = await replicated();
      // Over a connection that wrote nothing, WAIT waits for nothing.
      if ((await connection.link()) === link) have = counted;
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
    }
    if (have < count) throw new StoreNotReplicated(made.revision, have, count);
    return made;
  };
}

function countOf(answer: unknown): number | undefined {
  return Number.isInteger(answer) ? (answer as number) : undefined;
}
