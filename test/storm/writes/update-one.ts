import { addressOf, ENDPOINTS } from '../../../bench/verdict/pools.ts';
import { createTable } from '../../../src/answer/table.ts';
import { loadConfig } from '../../../src/config/source/load.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { createPublisher, type PoolState } from '../../../src/serve/publish/publisher.ts';
import { makePool } from '../../probe/checks.ts';

const UPDATES = 5_000;

/** Microseconds to bring one pool's new members into a table of so many pools and publish it, each time another. */
export function timeUpdates(pools: number): number[] {
  const loaded = loadConfig({ env: {} });
  if (!loaded.ok) throw new Error('the configuration in config/ is not valid');
  const publisher = createPublisher(loaded.config.zones, createTable(), (_, error) => {
    throw error;
  });
  const all: Pool[] = Array.from({ length: pools }, (_, i) => makePool({ id: String(i), name: `p${i}` }));
  const stateOf = (i: number, up: number): PoolState => ({
    id: String(i),
    pool: all[i],
    members: Array.from({ length: up }, (_, k) => ({ address: addressOf(i, k), weight: 100 })),
  });
  publisher.publish(
    all.map((_, i) => stateOf(i, ENDPOINTS)),
    1,
  );
  return Array.from({ length: UPDATES }, (_, update) => {
    const state = stateOf((update * 7_919) % pools, 1 + (update % (ENDPOINTS - 1)));
    const fromMs = performance.now();
    publisher.publish([state], 1);
    return (performance.now() - fromMs) * 1_000;
  });
}
