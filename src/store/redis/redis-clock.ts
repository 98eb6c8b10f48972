import type { Connection } from './connection/connection.ts';
import { texts } from './connection/reply.ts';

/** Time for which a look at Redis' clock is used, milliseconds. */
const LOOKED_MS = 1_000;

/** Redis' clock, as this process knows it. */
export interface RedisClock {
  /**
   * Returns the time of Redis' clock in `ms` milliseconds, or a little earlier, in milliseconds since the epoch.
   * `isAnew`: looks at the clock again, over this connection. Throws StoreUnavailable.
   */
  in(connection: Connection, ms: number, isAnew?: boolean): Promise<number>;
}

/** Asks Redis for its time once a second at the most, and only when it is needed. */
export function createRedisClock(): RedisClock {
  let looked: { atMs: number; redisMs: number } | undefined;
  return {
    async in(connection, ms, isAnew = false) {
      if (isAnew || looked === undefined || performance.now() - looked.atMs > LOOKED_MS) {
        const [seconds = '0', micros = '0'] = connection.read(await connection.command('TIME'), texts);
        // Noted after Redis read its clock, so the assumed time is never ahead of it.
        looked = { atMs: performance.now(), redisMs: Number(seconds) * 1_000 + Number(micros) / 1_000 };
      }
      return Math.floor(looked.redisMs + performance.now() - looked.atMs + ms);
    },
  };
}
