/**
 * Damaged contents of a store, of both bodies, and of a store that real processes use, for as long as one likes: `npm run
 * fuzz:store -- --mutations 1000000 --seed 1`. It ends with a failure when a process ends, a name is lost or damage is not
 * told, and says how to see that again: `--part` runs one part alone, `--from` begins at a batch.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fuzzFile } from './file-part.ts';
import { fuzzProcesses } from './process-part.ts';
import { type Cases, fuzzRedis } from './redis-part.ts';

/** What each part has of all mutations, in percent. */
const PARTS: readonly {
  readonly name: string;
  readonly percent: number;
  run(cases: Cases): Promise<number>;
}[] = [
  { name: 'redis', percent: 60, run: fuzzRedis },
  { name: 'file', percent: 38, run: fuzzFile },
  { name: 'processes', percent: 2, run: fuzzProcesses },
];

const { values: options } = parseArgs({
  options: {
    mutations: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
    part: { type: 'string' },
    from: { type: 'string', default: '0' },
  },
});
const [mutations, seed, from] = [options.mutations, options.seed, options.from].map(Number) as [
  number,
  number,
  number,
];
if (![mutations, seed, from].every((each) => Number.isSafeInteger(each) && each >= 0))
  throw new Error('--mutations, --seed and --from must be whole numbers');
const parts = options.part === undefined ? PARTS : PARTS.filter(({ name }) => name === options.part);
if (parts.length === 0) throw new Error(`--part must be one of ${PARTS.map(({ name }) => name).join(', ')}`);

process.stdout.write(`seed ${seed}\n`);
// What nobody catches would have ended a process of Lifeguard.
for (const event of ['uncaughtException', 'unhandledRejection'] as const)
  process.once(event, (error: unknown) => {
    process.stderr.write(`${event}: ${error instanceof Error ? error.stack : String(error)}\n`);
    process.exit(1);
  });
for (const { name, percent, run } of parts) {
  const count = options.part === undefined ? Math.ceil((mutations * percent) / 100) : mutations;
  const startedMs = performance.now();
  try {
    const done = await run({ seed, from, mutations: count });
    const seconds = ((performance.now() - startedMs) / 1_000).toFixed(0);
    process.stdout.write(`${name}: ${done.toLocaleString('en')} mutations, no failure, ${seconds} s\n`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
    process.stderr.write(
      `see it again: npm run fuzz:store -- --seed ${seed} --part ${name} --from <batch>\n`,
    );
    process.exitCode = 1;
  }
}
