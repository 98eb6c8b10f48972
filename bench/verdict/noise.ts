import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENDPOINTS } from './pools.ts';
import type { Publisher } from './publisher.ts';

/** Endpoints that go out and come back all the while. */
export interface Noise {
  /** How many did so far. */
  readonly made: number;
  stop(): Promise<void>;
}

/** Flips random endpoints of the pools `first` to `pools` - 1, all of them healthy now, at a steady rate. */
export function startNoise(publisher: Publisher, pools: number, perSecond: number, first = 1): Noise {
  const out = new Set<string>();
  const stopping = new AbortController();
  let made = 0;
  const flipping = (async () => {
    const from = performance.now();
    while (!stopping.signal.aborted) {
      const due = ((performance.now() - from) / 1_000) * perSecond;
      for (; made < due; made += 1) {
        const [pool, endpoint] = [randomInt(first, pools), randomInt(ENDPOINTS)];
        const key = `${pool} ${endpoint}`;
        const healthy = out.delete(key);
        if (!healthy) out.add(key);
        await publisher.publish(pool, endpoint, healthy);
      }
      await sleep(1_000 / perSecond);
    }
  })();
  return {
    get made() {
      return made;
    },
    async stop() {
      stopping.abort();
      await flipping;
    },
  };
}
