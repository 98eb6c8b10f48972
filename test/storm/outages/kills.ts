/**
 * A storm of kills: `npm run storm:kills`. Clients write while Redis, nodes and workers are killed (SIGKILL) and started
 * again, first over Redis and then over the embedded store. README.md tells what must hold.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../../fuzz/random.ts';
import { oneOf } from '../../fuzz/random.ts';
import { runOutages } from './run.ts';
import type { Stage } from './storm.ts';

/** Longest pause between two kills, and longest absence of what was killed. */
const PAUSE_MS_MAX = 2_500;
const ABSENCE_MS_MAX = 1_500;

await runOutages('kills', ['redis', 'embedded'], async (stage, random, isOver) => {
  while (!isOver()) {
    await sleep(500 + random(PAUSE_MS_MAX - 500));
    const victims = draw(stage, random);
    await Promise.all(victims.map((victim) => victim.kill()));
    stage.harmed(`kill of ${victims.map(({ title }) => title).join(' and ')}`);
    await sleep(random(ABSENCE_MS_MAX));
    // A node waits for no store; Redis comes back last as often as first.
    await Promise.all(victims.map((victim) => victim.revive()));
  }
});

interface Victim {
  readonly title: string;
  kill(): Promise<void>;
  revive(): Promise<void>;
}

/** One of all, or a node together with Redis. */
function draw({ redis, nodes, workers }: Stage, random: Random): Victim[] {
  const node = oneOf(random, nodes);
  if (redis === undefined) return [node];
  const store = { title: 'Redis', kill: () => redis.kill(), revive: () => redis.restart() };
  switch (random(4)) {
    case 0:
      return [store];
    case 1:
      return [store, node];
    case 2:
      return [oneOf(random, workers)];
    default:
      return [node];
  }
}
