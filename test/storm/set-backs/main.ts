/**
 * Redis goes back in time under nodes that run, are paused, are dead or begin anew: `npm run storm:set-backs`. README.md
 * tells what must hold.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { numbersFrom } from '../../fuzz/random.ts';
import { drawCase, runCase } from './case.ts';
import { setStage } from './stage.ts';

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '50' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
  },
});
const seed = Number(values.seed);
process.stdout.write(`seed ${seed}\n`);
const random = numbersFrom(seed);
const stage = await setStage();
try {
  for (let at = 1; at <= Number(values.cases); at += 1) {
    const drawn = drawCase(random);
    const fromMs = performance.now();
    const wrong = await runCase(stage, drawn);
    process.stdout.write(
      `case ${at} (${((performance.now() - fromMs) / 1_000).toFixed(1)} s): ${JSON.stringify(drawn)}\n`,
    );
    for (const each of wrong) process.stdout.write(`  WRONG: ${each}\n`);
    if (wrong.length > 0) process.exitCode = 1;
  }
} finally {
  await stage.end();
}
