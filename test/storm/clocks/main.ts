/**
 * Wall clocks that jump: `npm run storm:clocks`. The clock of Redis, of a server and of a worker goes back and forward by an hour
 * while a worker and a server are dead. README.md tells what must hold.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeSharpPool, transitions, workersOf } from '../../e2e/health/watched.ts';
import { readOwn } from '../../support/api.ts';
import { dig } from '../../support/dig.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { startRedis } from '../../support/server/redis.ts';
import { startWeb } from '../../support/server/web.ts';
import { startMortal } from '../outages/mortal.ts';
import { createFalseClock } from './false-clock.ts';

const HOUR_SECONDS = 3_600;
/** Everything that is waited for comes within this time, however busy the machine is. */
const SOON_MS = 60_000;
/** Longer than any lease, lead or announcement. */
const ENDED_MS = 6_000;
const NAME = 'web.pools.example.com';

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-clocks-'));
const clocks = { redis: createFalseClock(), server: createFalseClock(), worker: createFalseClock() };
const redis = await startRedis({ env: clocks.redis.env });
const webs = [await startWeb('127.0.0.1'), await startWeb('127.0.0.2')] as const;
const start = (command: 'serve' | 'monitor', title: string, env: Readonly<Record<string, string>>) =>
  startMortal(title, () =>
    startLifeguard(command, {
      LIFEGUARD_REDIS_URL: redis.url,
      LIFEGUARD_DATA_DIR: join(directory, title),
      ...env,
    }),
  );
let failures = 0;

async function expectSoon(what: string, holds: () => Promise<boolean>): Promise<void> {
  const fromMs = performance.now();
  while (!(await holds()))
    if (performance.now() - fromMs > SOON_MS) {
      failures += 1;
      process.stdout.write(`  WRONG: not after ${SOON_MS / 1_000} s: ${what}\n`);
      return;
    } else await sleep(50);
  process.stdout.write(`  ${what} (${((performance.now() - fromMs) / 1_000).toFixed(1)} s)\n`);
}

try {
  const server = await start('serve', 'server', clocks.server.env);
  await start('monitor', 'worker', clocks.worker.env);
  const otherServer = await start('serve', 'other server', {});
  const otherWorker = await start('monitor', 'other worker', {});
  const node = server.process;
  const answers = async () => (await dig(node.dns, NAME, 'A')).rdata.join(' ');
  const all = webs.map(({ address }) => address).join(' ');
  await makeSharpPool(node, webs);
  await expectSoon('all are answered', async () => (await answers()) === all);
  for (const [whose, clock] of Object.entries(clocks))
    for (const seconds of [-HOUR_SECONDS, HOUR_SECONDS, 0]) {
      process.stdout.write(`the clock of ${whose} is set to ${seconds} s off\n`);
      await expectSoon(
        'two workers and two servers are live',
        async () => (await workersOf(node)).length === 2 && (await readOwn(node, '/nodes')).length === 2,
      );
      await Promise.all([otherServer.kill(), otherWorker.kill()]);
      await sleep(ENDED_MS);
      const told = (await transitions(node, 'endpoint')).length;
      clock.jump(seconds);
      const until = performance.now() + 2 * ENDED_MS;
      let [mostWorkers, leastWorkers, least] = [0, 9, all];
      while (performance.now() < until) {
        const live = (await workersOf(node)).length;
        if (performance.now() > until - ENDED_MS) leastWorkers = Math.min(leastWorkers, live);
        mostWorkers = Math.max(mostWorkers, live);
        const answer = await answers();
        if (answer !== all) least = answer;
        await sleep(100);
      }
      if (mostWorkers > 1 || leastWorkers < 1 || least !== all) {
        failures += 1;
        process.stdout.write(
          `  WRONG: ${leastWorkers} to ${mostWorkers} workers live, answered "${least}"\n`,
        );
      }
      await webs[1].stop();
      await expectSoon('an endpoint that died is out', async () => (await answers()) === webs[0].address);
      await webs[1].start();
      await expectSoon('and in again', async () => (await answers()) === all);
      await expectSoon(
        'who leads told of both',
        async () => (await transitions(node, 'endpoint')).length >= told + 2,
      );
      await Promise.all([otherServer.revive(), otherWorker.revive()]);
    }
} finally {
  await endAll();
  for (const web of webs) await web.stop();
  await redis.stop();
  for (const clock of Object.values(clocks)) clock.remove();
  rmSync(directory, { recursive: true, force: true });
}
process.stdout.write(failures === 0 ? 'nothing is wrong\n' : `${failures} things are wrong\n`);
process.exitCode = failures === 0 ? 0 : 1;
