/**
 * A storm of writes: `npm run storm:writes`. 32 clients write to two nodes over a Redis, until 1,000 a second are acknowledged,
 * for a minute, while what their pools refer to is deleted. Fails when an update was lost, a reference dangles, DNS does
 * not follow, or the API answers what it should not. README.md tells more.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../../bench/machine.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { startRedis } from '../../support/server/redis.ts';
import { wrongAfter } from './write-judge.ts';
import { blow } from './write-storm.ts';
import { watchDuring } from './write-watch.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    writes: { type: 'string', default: '1000' },
    clients: { type: 'string', default: '32' },
    nodes: { type: 'string', default: '2' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const [seconds, writesPerSecond, clients, nodes, seed] = (
  ['seconds', 'writes', 'clients', 'nodes', 'seed'] as const
).map((name) => {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1`);
  return value;
}) as [number, number, number, number, number];

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-storm-'));
process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
const machine = describeMachine();
const redis = await startRedis({ durable: true });
try {
  const started = await Promise.all(
    Array.from({ length: nodes }, (_, i) =>
      startLifeguard('serve', {
        LIFEGUARD_REDIS_URL: redis.url,
        LIFEGUARD_DATA_DIR: join(directory, `node-${i}`),
      }),
    ),
  );
  const apis = started.map(({ api }) => api);
  const storm = blow({ apis, clients, writesPerSecond, seconds, seed });
  const watched = await watchDuring(storm, started);
  const written = await storm;
  const judged = await Promise.all(started.map((node) => wrongAfter(written, node)));
  const wrong = [...watched.wrong, ...judged.flatMap((each, i) => each.map((what) => `node ${i}: ${what}`))];
  const answers = [...written.answers].sort().map(([answer, count]) => `${answer}: ${count}`);
  process.stdout.write(
    [
      machine,
      `seed ${seed}, ${clients} clients, ${nodes} nodes, ${writesPerSecond} acknowledged writes a second wanted`,
      `${written.acknowledged} writes acknowledged in ${(written.tookMs / 1_000).toFixed(1)} s: ${((written.acknowledged / written.tookMs) * 1_000).toFixed(0)} a second`,
      `answers to writes: ${answers.join(', ')}`,
      `${watched.answers} answers by DNS held against what was written, in the storm`,
      wrong.length === 0 ? 'nothing is wrong' : wrong.join('\n'),
      '',
    ].join('\n'),
  );
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  await endAll();
  await redis.stop();
}
