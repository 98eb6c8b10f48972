import type { Observation } from '../../src/health/observation.ts';
import { WRITES_MAX } from '../../src/store/contract/documents.ts';
import { LEASE_MS } from '../../src/store/contract/workers.ts';
import type { Store } from '../../src/store/store.ts';
import { checkOf, ENDPOINTS } from './pools.ts';

const REGION = 'local';

/** A worker that has joined, and says of endpoints what it is told to. */
export interface Publisher {
  publish(pool: number, endpoint: number, healthy: boolean): Promise<void>;
  /** Says of all endpoints of the pools `from` to `to` - 1 that they are healthy. */
  publishHealthy(from: number, to: number): Promise<void>;
  stop(): Promise<void>;
}

/** Joins as a worker of this id and stays live until stopped. */
export async function startPublisher(store: Store, id: string): Promise<Publisher> {
  const lease = await store.join({ id, region: REGION, startedAtMs: Date.now() });
  let renewing: Promise<unknown> = Promise.resolve();
  const timer = setInterval(() => {
    renewing = store.renew(lease);
  }, LEASE_MS / 3);
  const observation = (pool: number, endpoint: number, healthy: boolean): Observation => ({
    check: checkOf(pool, endpoint),
    region: REGION,
    worker: id,
    reason: healthy ? 'No failures' : 'TCP connection failed',
    responseCode: 0,
    rttMs: 1,
    atMs: Date.now(),
    healthy,
    lastOk: healthy,
    streak: 1,
    sinceMs: Date.now(),
  });
  const publish = async (observations: readonly Observation[]) => {
    const put = observations.map((each) => ({ observation: each, changed: true }));
    const answer = await store.publish(lease, { put, drop: [], events: [] });
    if (answer !== 'published') throw new Error('the lease was lost: the machine is too slow for this');
  };
  return {
    publish: (pool, endpoint, healthy) => publish([observation(pool, endpoint, healthy)]),
    async publishHealthy(from, to) {
      const all = Array.from({ length: (to - from) * ENDPOINTS }, (_, i) =>
        observation(from + Math.floor(i / ENDPOINTS), i % ENDPOINTS, true),
      );
      for (let at = 0; at < all.length; at += WRITES_MAX) await publish(all.slice(at, at + WRITES_MAX));
    },
    async stop() {
      clearInterval(timer);
      await renewing;
      await store.leave(lease);
    },
  };
}
