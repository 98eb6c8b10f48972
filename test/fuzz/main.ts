/**
 * Mutated packets against everything that answers DNS, for as long as one likes: `npm run fuzz -- --packets 10000000
 * --seed 1`. It ends with a failure when one of them is not treated as it must be, and says how to see that again:
 * `--part` runs one part alone, `--from` begins at a case, `--packets` then counts that part's cases.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { markdownTable } from '../../bench/markdown-table.ts';
import { endAll } from '../support/lifeguard.ts';
import { type Figures, FuzzFailure } from './figures.ts';
import { LIVE_PARTS, type Part, RESPOND_PARTS } from './parts.ts';

const PACKETS = 10_000_000;
const PARTS = [...RESPOND_PARTS, ...LIVE_PARTS];

const { values: options } = parseArgs({
  options: {
    packets: { type: 'string', default: String(PACKETS) },
    seed: { type: 'string', default: String(randomInt(1, 2 ** 31)) },
    part: { type: 'string' },
    from: { type: 'string', default: '0' },
  },
});
const [packets, seed, from] = [options.packets, options.seed, options.from].map(Number) as [
  number,
  number,
  number,
];
if (![packets, seed, from].every((each) => Number.isSafeInteger(each) && each >= 0))
  throw new Error('--packets, --seed and --from must be whole numbers');
const parts = options.part === undefined ? PARTS : PARTS.filter(({ name }) => name === options.part);
if (parts.length === 0) throw new Error(`--part must be one of ${PARTS.map(({ name }) => name).join(', ')}`);

process.stdout.write(`seed ${seed}\n`);
// A listener of this process that throws where nobody can catch it.
process.once('uncaughtException', (error) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
const rows: string[][] = [];
try {
  for (const part of parts) {
    const count = options.part === undefined ? Math.ceil((packets * part.percent) / 100) : packets;
    const startedMs = performance.now();
    rows.push(row(part, await part.run({ seed, from, count }), performance.now() - startedMs));
    process.stdout.write(`${part.name}: ${count.toLocaleString('en')} packets, no failure\n`);
  }
  const head = ['part', 'packets', 'silent', 'limited', 'answered', 'TC', 'answers by rcode', 's'];
  process.stdout.write(`\n${markdownTable(head, rows)}\n`);
} catch (error) {
  process.exitCode = 1;
  process.stderr.write(`${explain(error)}\n`);
} finally {
  await endAll();
}

function row({ name }: Part, figures: Figures, ms: number): string[] {
  const rcodes = [...figures.rcodes].sort(([a], [b]) => a - b).map(([rcode, count]) => `${rcode}: ${count}`);
  const counts = [figures.packets, figures.silent, figures.limited, figures.answered, figures.truncated];
  return [name, ...counts.map(String), rcodes.join(', '), (ms / 1_000).toFixed(0)];
}

function explain(error: unknown): string {
  const part = parts[rows.length]!.name;
  const at = error instanceof FuzzFailure ? error : { from, cases: packets };
  const again = `npm run fuzz -- --seed ${seed} --part ${part} --from ${at.from} --packets ${at.cases}`;
  return `${part} failed: ${error instanceof Error ? error.stack : String(error)}\nsee it again: ${again}`;
}
