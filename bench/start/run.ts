/**
 * How long a server takes from when its process is started until its first right answer: `npm run bench:start`. README.md
 * tells how to read it.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { gdnsd } from '../dns/peers/gdnsd.ts';
import { lifeguard } from '../dns/peers/lifeguard.ts';
import { nsd } from '../dns/peers/nsd.ts';
import { isHere, versionOf } from '../dns/server.ts';
import { describeMachine } from '../machine.ts';
import { markdownTable } from '../markdown-table.ts';
import { median } from '../quantile.ts';
import { writeSection } from '../results.ts';
import { endOnInterrupt, tempDir } from '../temp-dir.ts';
import { type Candidate, prepared, type Start, timeStart } from './time-start.ts';

const PROJECT = resolve(import.meta.dirname, '../..');
const SOURCES = join(PROJECT, 'src/lifeguard.js');
const BUILT = join(PROJECT, 'dist/lifeguard.js');

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const ROUNDS = options.quick ? 3 : 15;

const machine = describeMachine();
endOnInterrupt();
execFileSync('npm', ['run', '--silent', 'build'], { cwd: PROJECT, stdio: ['ignore', 'ignore', 'inherit'] });
const directory = tempDir();
const peers = [gdnsd, nsd].filter(isHere);
const candidates: readonly Candidate[] = [
  ...[
    { from: 'sources', program: SOURCES },
    { from: 'built', program: BUILT },
  ].flatMap(({ from, program }): Candidate[] => [
    { name: `Lifeguard, ${from}`, peer: lifeguard, program, hasCompiled: true, hasSaved: false },
    {
      name: `Lifeguard, ${from}, saved answers`,
      peer: lifeguard,
      program,
      hasCompiled: true,
      hasSaved: true,
    },
    {
      name: `Lifeguard, ${from}, first of all`,
      peer: lifeguard,
      program,
      hasCompiled: false,
      hasSaved: false,
    },
  ]),
  ...peers.map((peer) => ({ name: `${peer.name} ${versionOf(peer)}`.trim(), peer })),
];

const starts = new Map<string, Start[]>(candidates.map(({ name }) => [name, []]));
for (let round = 0; round < ROUNDS; round += 1)
  for (const candidate of candidates) {
    const own = join(directory, 'run');
    mkdirSync(own);
    const start = await prepared(candidate, own);
    starts.get(candidate.name)!.push(await timeStart(start));
    rmSync(own, { recursive: true, force: true });
  }

const least = (values: readonly number[]) => Math.min(...values).toFixed(0);
const body = `${machine}

A zone with one pool of three addresses, ${ROUNDS} starts of each, in turns.

${markdownTable(
  ['start', 'first answer, median ms', 'least', 'processor time until then, median ms', 'least'],
  candidates.map(({ name }) => {
    const all = starts.get(name)!;
    const [wall, cpu] = [all.map(({ answerMs }) => answerMs), all.map(({ cpuMs }) => cpuMs)];
    return [name, median(wall).toFixed(0), least(wall), median(cpu).toFixed(0), least(cpu)];
  }),
)}
`;
process.stdout.write(`${body}\n`);
if (!options.quick) writeSection('Starts', body);
