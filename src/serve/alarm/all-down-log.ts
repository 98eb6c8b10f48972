import { isAnswered } from '../../pool/members.ts';
import type { Pool } from '../../pool/pool.ts';
import { type AllDown, allDownOf, answerOfPool, type OwnAnswer } from '../../pool/steering/all-down.ts';
import type { HealthOf } from '../../pool/steering/whatever-health.ts';
import type { LastHealthy } from '../health/last-healthy.ts';
import type { Alarms } from './alarms.ts';

/** Raises the alarm while pools without a healthy member answer with others at their own names. */
export interface AllDownLog {
  /** Returns how a pool is answered. `allDown`: without a healthy member; absent: as at its own name. */
  answerOf(pool: Pool, healthOf: HealthOf, allDown?: AllDown): OwnAnswer;
  /** Takes in that a pool is answered by this health from now on; returns how. `isJudged`: some endpoint has a result. */
  published(pool: Pool, healthOf: HealthOf, isJudged: boolean): OwnAnswer;
  /** Forgets a pool that no longer exists. */
  forget(pool: string): void;
}

/** Creates the log, which has the last healthy members remembered. */
export function createAllDownLog(alarms: Alarms, lastHealthy: LastHealthy): AllDownLog {
  /** The name of each pool whose alarm is raised, and what it answers. */
  const raised = new Map<string, { readonly name: string; readonly allDown: string }>();

  function answerOf(pool: Pool, healthOf: HealthOf, allDown = allDownOf(pool)): OwnAnswer {
    return answerOfPool(pool, healthOf, allDown, lastHealthy.of(pool.id));
  }

  function answeredIn(pool: Pool, healthOf: HealthOf): string[] {
    return pool.endpoints
      .filter(
        (endpoint, index) => endpoint.weight > 0 && isAnswered(pool, endpoint, healthOf(endpoint, index)),
      )
      .map(({ name }) => name);
  }

  function end(id: string): void {
    const was = raised.get(id);
    if (was === undefined) return;
    raised.delete(id);
    alarms.end('all_down', id, { pool: id, name: was.name });
  }

  return {
    answerOf,
    published(pool, healthOf, isJudged) {
      lastHealthy.note(pool, answeredIn(pool, healthOf));
      const answer = answerOf(pool, healthOf);
      const { id, name } = pool;
      const { allDown } = answer;
      // A new pool waits for its first results: that is no alarm.
      if (allDown === undefined || !isJudged) end(id);
      else if (raised.get(id)?.allDown !== allDown) {
        raised.set(id, { name, allDown });
        alarms.raise({ alarm: 'all_down', about: id, pools: [name], cause: allDown }, TEXTS[allDown], {
          pool: id,
          name,
          allDown,
        });
      }
      return answer;
    },
    forget(id) {
      lastHealthy.forget(id);
      end(id);
    },
  };
}

const TEXTS = {
  all: 'all of its endpoints that are not taken out',
  last_healthy: 'the endpoints that were healthy last',
} as const;
