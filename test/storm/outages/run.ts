import process from 'node:process';
import { parseArgs } from 'node:util';
import { describeMachine } from '../../../bench/machine.ts';
import { report } from './report.ts';
import { type OutageStormOptions, storm } from './storm.ts';

/** Reads the command line of a storm of outages, runs it over each store and reports; exits with 1 where something is wrong. */
export async function runOutages(
  title: string,
  stores: readonly OutageStormOptions['store'][],
  harm: OutageStormOptions['harm'],
): Promise<void> {
  const { values } = parseArgs({
    options: {
      writes: { type: 'string', default: '12000' },
      'writes-per-second': { type: 'string', default: '100' },
      owners: { type: 'string', default: '12' },
      nodes: { type: 'string', default: '2' },
      workers: { type: 'string', default: '2' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    },
  });
  const [writes, writesPerSecond, owners, nodes, workers, seed] = (
    ['writes', 'writes-per-second', 'owners', 'nodes', 'workers', 'seed'] as const
  ).map((name) => {
    const value = Number(values[name]);
    if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number from 1`);
    return value;
  }) as [number, number, number, number, number, number];
  process.stdout.write(`${describeMachine()}\nseed ${seed}\n`);
  for (const store of stores) {
    // Half of the writes each, where there are two.
    const share = Math.ceil(writes / stores.length);
    const came = await storm({ store, writes: share, writesPerSecond, owners, nodes, workers, seed, harm });
    process.stdout.write(report(`${title} over ${store}`, came));
    if (came.wrong.length > 0) process.exitCode = 1;
  }
}
