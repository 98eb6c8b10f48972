/**
 * Authoritative answering, Lifeguard against other servers and against a floor, on one core each: `npm run bench`, and one part
 * of it with `-- --section answering` or `-- --section steering`. README.md tells what is measured and how to read it.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.ts';
import { writeSection } from '../results.ts';
import { endOnInterrupt, tempDir } from '../temp-dir.ts';
import { benchAnswering } from './answering.ts';
import { compile } from './compile.ts';
import { GENERATOR_CORE } from './load.ts';
import { checkCores } from './server.ts';
import type { Bench, Scale } from './session.ts';
import { benchSteering } from './steering/section.ts';

interface Section {
  readonly title: string;
  readonly run: (bench: Bench) => Promise<string>;
  readonly full: Scale;
  readonly quick: Scale;
}

const QUICK: Scale = { names: 10_000, rounds: 2, seconds: 0.25, warmSeconds: 0.25 };
const SECTIONS: Readonly<Record<string, Section>> = {
  answering: {
    title: 'Answering on one core',
    run: benchAnswering,
    full: { names: 100_000, rounds: 5, seconds: 0.8, warmSeconds: 0.5 },
    quick: QUICK,
  },
  steering: {
    title: 'Steering on one core',
    run: benchSteering,
    full: { names: 100_000, rounds: 9, seconds: 0.8, warmSeconds: 0.5 },
    quick: QUICK,
  },
};

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, section: { type: 'string' } },
});
const wanted = options.section === undefined ? Object.keys(SECTIONS) : [options.section];
const unknown = wanted.find((name) => !Object.hasOwn(SECTIONS, name));
if (unknown !== undefined)
  throw new Error(`There is no section "${unknown}". The sections: ${Object.keys(SECTIONS).join(', ')}.`);

endOnInterrupt();
checkCores(GENERATOR_CORE);
const directory = tempDir();
const generator = compile(join(import.meta.dirname, 'load/*.c'), join(directory, 'load'));
for (const name of wanted) {
  const { title, run, full, quick } = SECTIONS[name]!;
  const scale = options.quick ? quick : full;
  const machine = describeMachine();
  const own = join(directory, name);
  mkdirSync(own);
  const head = `${machine}; median of ${scale.rounds} rounds of ${scale.seconds} s.`;
  const body = `${head}\n\n${await run({ directory: own, generator, scale })}`;
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection(title, body);
}
