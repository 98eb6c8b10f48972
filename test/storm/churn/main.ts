/**
 * A storm of churn: `npm run storm:churn`. Pools, zones and overrides come, change and go while every node is asked for
 * their names, and each answer is held against what its name was meant to be. README.md tells more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../../bench/machine.ts';
import { numbersFrom } from '../../fuzz/random.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { startRedis } from '../../support/server/redis.ts';
import { askNames } from '../ask-names.ts';
import { startNameAsker } from './name-asker.ts';
import { createNameHistory } from './name-history.ts';
import { createPoolWriter, createZoneWriter, keepWriting, NO_POOL, NO_ZONE } from './writers.ts';

/** Writers of pools, and names of each; names of the one writer of zones. */
const POOL_WRITERS = 8;
const NAMES_EACH = 25;
const ZONES = 10;
/** Zones come and go more seldom than pools, since each change of one rewrites them all. */
const ZONE_EVERY_MS = 250;

const { values } = parseArgs({
  options: {
    answers: { type: 'string', default: '690000' },
    queries: { type: 'string', default: '6000' },
    writes: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [answers, queriesPerSecond, writesPerSecond, seed] = (
  ['answers', 'queries', 'writes', 'seed'] as const
).map((name) => {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1`);
  return value;
}) as [number, number, number, number];

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-churn-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
process.stdout.write(`${describeMachine()}\nseed ${seed}\n`);
const redis = await startRedis();
try {
  const nodes = await Promise.all(
    ['one', 'two'].map((name) =>
      startLifeguard('serve', { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: join(directory, name) }),
    ),
  );
  const nowMs = () => performance.now();
  const poolNames = Array.from({ length: POOL_WRITERS }, (_, who) =>
    Array.from({ length: NAMES_EACH }, (_, i) =>
      createNameHistory(`p${who}-${i}.pools.example.com`, NO_POOL, nowMs),
    ),
  );
  const zoneNames = Array.from({ length: ZONES }, (_, i) =>
    createNameHistory(`z${i}.example.net`, NO_ZONE, nowMs),
  );
  const all = [...poolNames.flat(), ...zoneNames];
  const askers = await Promise.all(
    nodes.map(({ dns }, i) =>
      startNameAsker(dns.port, all, queriesPerSecond / nodes.length, numbersFrom(seed + i)),
    ),
  );
  const apiOf = (who: number) => nodes[who % nodes.length]!.api;
  const endMs = performance.now() + (answers / queriesPerSecond) * 1_000;
  const isOver = () => performance.now() >= endMs;
  const steps = await Promise.all([
    ...poolNames.map((names, who) =>
      keepWriting(
        createPoolWriter(apiOf(who), names, numbersFrom(seed + 100 + who)),
        (1_000 * POOL_WRITERS) / writesPerSecond,
        isOver,
      ),
    ),
    keepWriting(createZoneWriter(apiOf(1), zoneNames, numbersFrom(seed + 200)), ZONE_EVERY_MS, isOver),
  ]);
  const asked = await Promise.all(askers.map((asker) => asker.stop()));
  const wrong = asked.flatMap((each) => each.wrong);
  for (const [i, { dns }] of nodes.entries()) {
    const said = await askNames(
      dns,
      all.map(({ name }) => name),
    );
    for (const { name, current } of all) {
      const [rcode, ...addresses] = said.get(name)!.split(' ');
      const answer = `${rcode} ${addresses.sort().join(' ')}`;
      if (answer !== current)
        wrong.push(`node ${i}: at the end ${name} is answered "${answer}", not "${current}"`);
    }
  }
  const sum = (of: (each: (typeof asked)[0]) => number) =>
    asked.reduce((total, each) => total + of(each), 0).toLocaleString('en');
  process.stdout.write(
    [
      `${steps.reduce((a, b) => a + b, 0).toLocaleString('en')} writes acknowledged, of pools, overrides and zones`,
      `${sum((each) => each.answers)} answers held against what was written; ${sum((each) => each.lost)} questions lost`,
      ...(wrong.length === 0 ? ['nothing is wrong'] : wrong.map((what) => `WRONG: ${what}`)),
      '',
    ].join('\n'),
  );
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  await endAll();
  await redis.stop();
}
