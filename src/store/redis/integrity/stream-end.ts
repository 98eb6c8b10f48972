import { StoreRefused } from '../../contract/failure.ts';
import type { DamagedRecord } from '../../integrity/damage.ts';
import type { Connection } from '../connection/connection.ts';
import { type Keys, trailKeys } from '../keys.ts';

/** Identifiers begin with a time, a revision or a number of 15 digits at most, and none is the last of them (keep-events.lua). */
export const FIRST_BEYOND = '999999999999999-0';

/** Whether an identifier is after all that may follow. */
export function isBeyond(id: string): boolean {
  return Number.parseInt(id, 10) >= Number.parseInt(FIRST_BEYOND, 10);
}

/**
 * The highest identifier that a stream ever had: it takes only entries after that, though the entry was deleted
 * (https://redis.io/docs/latest/commands/xinfo-stream/). `0-0` where there is no stream. Throws StoreUnavailable.
 */
export async function lastIdentifier(connection: Connection, stream: string): Promise<string> {
  if ((await connection.command('TYPE', stream)) !== 'stream') return '0-0';
  const answer = await connection.command('XINFO', 'STREAM', stream);
  return connection.read(answer, (about) => {
    const id: unknown = Array.isArray(about) ? about[about.indexOf('last-generated-id') + 1] : undefined;
    return typeof id === 'string' ? id : undefined;
  });
}

/** Finds the streams whose last identifier is after all that may follow. Throws StoreUnavailable. */
export async function findExhausted(
  connection: Connection,
  keys: Keys,
  found: (record: DamagedRecord) => void,
): Promise<void> {
  const rule =
    'must have no last identifier (last-generated-id) after all that may follow; the next write, or "lifeguard store repair", sets it back';
  try {
    const streams = [keys.changes, keys.observed, ...trailKeys(keys)];
    const last = await Promise.all(streams.map((place) => lastIdentifier(connection, place)));
    for (const [at, place] of streams.entries())
      if (isBeyond(last[at]!)) found({ place, key: '', field: '', rule });
  } catch (error) {
    // A user who may not look at that has a store all the same.
    if (!(error instanceof StoreRefused)) throw error;
  }
}
