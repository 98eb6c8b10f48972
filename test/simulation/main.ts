/**
 * Random short histories, as many as one likes: `npm run simulate -- --histories 5000`. It ends with a failure at the
 * first that breaks a rule, cut down to as few steps as still do, and prints how to see it again:
 * `npm run simulate -- --seed N --steps K` tells each step as it happens, and `--seed N --days 7` a history of a whole week.
 */
import { randomInt } from 'node:crypto';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type History, runHistory } from './history.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    steps: { type: 'string' },
    days: { type: 'string' },
    histories: { type: 'string' },
    from: { type: 'string', default: String(randomInt(1, 2 ** 30)) },
  },
});
const number = (name: keyof typeof values): number | undefined => {
  const text = values[name];
  if (text !== undefined && !/^\d{1,10}$/.test(text)) throw new Error(`--${name} must be a whole number`);
  return text === undefined ? undefined : Number(text);
};
/** What histories are counted by. */
const FIGURES = [
  'events',
  'virtualMs',
  'published',
  'fenced',
  'generations',
  'reported',
  'notices',
  'replaced',
  'undone',
] as const satisfies readonly (keyof History)[];
type Figure = (typeof FIGURES)[number];
const textOf = (figures: ReadonlyMap<Figure, number>) => JSON.stringify(Object.fromEntries(figures));
const write = (line: string) => void process.stdout.write(`${line}\n`);

const seed = number('seed');
if (seed !== undefined) {
  const history = await runHistory(seed, number('steps'), write, number('days'));
  report(history);
} else await runMany(number('from')!, number('histories') ?? 100);

async function runMany(from: number, count: number): Promise<void> {
  write(`${count} histories from seed ${from}`);
  const startedMs = performance.now();
  const total = new Map<Figure, number>();
  for (let at = 0; at < count; at++) {
    const history = await runHistory(from + at);
    if (history.broken !== undefined) {
      report(await shortest(history));
      return;
    }
    for (const name of FIGURES) total.set(name, (total.get(name) ?? 0) + history[name]);
    if ((at + 1) % 100 === 0) write(`${at + 1} histories, ${textOf(total)}`);
  }
  const seconds = ((performance.now() - startedMs) / 1_000).toFixed(1);
  write(`${count} histories kept every rule in ${seconds} s: ${textOf(total)}`);
}

/** The same history with as few of its first steps as break a rule. */
async function shortest(history: History): Promise<History> {
  for (let steps = 0; steps < history.plan.steps.length; steps++) {
    const shorter = await runHistory(history.plan.seed, steps);
    if (shorter.broken !== undefined) return shorter;
  }
  return history;
}

function report(history: History): void {
  const { broken, plan } = history;
  if (broken === undefined) {
    write(`no rule broken: ${textOf(new Map(FIGURES.map((name) => [name, history[name]])))}`);
    return;
  }
  process.exitCode = 1;
  write(
    `seed ${plan.seed} breaks a rule: ${broken.error instanceof Error ? broken.error.stack : String(broken.error)}`,
  );
  write(`see it again: ${broken.again}`);
}
