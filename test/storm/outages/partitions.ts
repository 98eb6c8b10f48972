/**
 * A storm of partitions: `npm run storm:partitions`. Clients write while the links from nodes and workers to Redis are cut,
 * stalled and made deaf, one or many at a time. README.md tells what must hold.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { oneOf } from '../../fuzz/random.ts';
import { HARMFUL_MODES } from './link.ts';
import { runOutages } from './run.ts';

/** Longest partition: longer than a lease, and than the patience of a connection. */
const PARTITION_MS_MAX = 8_000;
/** Longest time without one. */
const CALM_MS_MAX = 3_000;

await runOutages('partitions', ['redis'], async ({ links, harmed }, random, isOver) => {
  while (!isOver()) {
    const mode = oneOf(random, HARMFUL_MODES);
    const concerned = random(4) === 0 ? links : links.filter(() => random(3) === 0);
    for (const link of concerned) link.set(mode);
    if (concerned.length > 0) harmed(`${mode}, ${concerned.length} of ${links.length} links`);
    await sleep(500 + random(PARTITION_MS_MAX - 500));
    for (const link of concerned) link.set('open');
    await sleep(random(CALM_MS_MAX));
  }
});
