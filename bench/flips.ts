/**
 * Latency at half load while pools flip, beside gdnsd of which nothing flips: `npm run bench:flips`. README.md tells how to
 * read it.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { makeCertificates } from '../test/probe/certificates.ts';
import { endAll } from '../test/support/lifeguard.ts';
import { compile } from './dns/compile.ts';
import { GENERATOR_CORE, type Load, measure, type Sample } from './dns/load.ts';
import { MEMBERS, nameOf, shuffled } from './dns/names.ts';
import { gdnsd } from './dns/peers/gdnsd.ts';
import { checkCores, isHere, SERVER_CORE, type Server, startServer, versionOf } from './dns/server.ts';
import { describeMachine } from './machine.ts';
import { markdownTable } from './markdown-table.ts';
import { median } from './quantile.ts';
import { writeSection } from './results.ts';
import { type MeasuredNode, POOLS, startNode } from './streams/node.ts';
import { endOnInterrupt, tempDir } from './temp-dir.ts';
import { ENDPOINTS } from './verdict/pools.ts';

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const scale = options.quick ? { rounds: 3, seconds: 1 } : { rounds: 15, seconds: 2 };
const FLIPS_PER_SECOND = 1_000;
/** Pools that are asked for and never flip, so that the number of records of each answer is known. */
const ASKED_POOLS = 1_000;
/** Of the least that any of them answers at saturation. */
const LATENCY_SHARE = 0.5;
/** The wanted bound of Lifeguard's p99 with flips, in gdnsd's without. */
const WANTED = 2;

/** One of the servers and how it is asked. */
interface Asked {
  readonly server: Server;
  readonly load: Pick<Load, 'names' | 'aaaa' | 'answers'>;
}

endOnInterrupt();
checkCores(GENERATOR_CORE);
if (!isHere(gdnsd))
  throw new Error('this needs gdnsd (Debian: apt-get install --no-install-recommends gdnsd)');
const machine = describeMachine();
const directory = tempDir();
const generator = compile(join(import.meta.dirname, 'dns/load/*.c'), join(directory, 'load'));
const order = shuffled(ASKED_POOLS);
let node: MeasuredNode | undefined;
let peer: Server | undefined;
try {
  peer = await startServer(gdnsd, directory, POOLS);
  const core = ['taskset', '-c', String(SERVER_CORE)];
  node = await startNode(resolve(import.meta.dirname, '..'), makeCertificates().good, core);
  const own: Asked = {
    server: serverOf(node),
    load: {
      names: namesFile('asked-of-us', (i) => `p${i}.pools.example.org`),
      aaaa: true,
      answers: ENDPOINTS,
    },
  };
  const others: Asked = {
    server: peer,
    load: { names: namesFile('asked-of-gdnsd', nameOf), answers: MEMBERS },
  };
  const rows = [];
  for (const tcp of [false, true]) rows.push(await measureTransport(tcp, own, others, node));
  report(rows);
} finally {
  await Promise.all([node?.stop(), peer?.stop()]);
  await endAll();
}

function namesFile(name: string, of: (i: number) => string): string {
  const path = join(directory, name);
  writeFileSync(path, `${order.map(of).join('\n')}\n`);
  return path;
}

/** The node as the generator's caller knows servers; it is never paused. */
function serverOf({ dns, pid }: MeasuredNode): Server {
  const none = () => undefined;
  return {
    peer: { ...gdnsd, name: 'lifeguard' },
    port: dns.port,
    startMs: 0,
    memoryMiB: 0,
    processes: () => [pid],
    pause: none,
    resume: async () => undefined,
    stop: async () => undefined,
  };
}

/** The samples of all rounds over one transport at a rate that both take. */
interface Row {
  readonly tcp: boolean;
  readonly perSecond: number;
  /** By what was measured. */
  readonly samples: Record<'idle' | 'flips' | 'gdnsdIdle' | 'gdnsdFlips', Sample[]>;
  /** Flips a second that were made. */
  readonly flips: number[];
}

async function measureTransport(tcp: boolean, own: Asked, others: Asked, node: MeasuredNode): Promise<Row> {
  const ask = ({ server, load }: Asked, perSecond?: number) =>
    measure(generator, server, {
      ...load,
      address: '127.0.0.1',
      edns: false,
      tcp,
      seconds: scale.seconds,
      ...(perSecond === undefined ? {} : { perSecond }),
    });
  const saturation = [own, others, own, others];
  const rates: number[] = [];
  for (const each of saturation) rates.push((await ask(each)).perSecond);
  const perSecond = Math.floor((LATENCY_SHARE * Math.min(...rates)) / 1_000) * 1_000;
  const samples: Row['samples'] = { idle: [], flips: [], gdnsdIdle: [], gdnsdFlips: [] };
  const flips: number[] = [];
  for (let round = 0; round < scale.rounds; round += 1) {
    samples.idle.push(await ask(own, perSecond));
    samples.gdnsdIdle.push(await ask(others, perSecond));
    const from = performance.now();
    const noise = node.flip(FLIPS_PER_SECOND, ASKED_POOLS);
    samples.flips.push(await ask(own, perSecond));
    samples.gdnsdFlips.push(await ask(others, perSecond));
    const seconds = (performance.now() - from) / 1_000;
    flips.push(noise.made / seconds);
    await noise.stop();
  }
  return { tcp, perSecond, samples, flips };
}

function report(rows: readonly Row[]): void {
  const figure = (samples: readonly Sample[], of: (sample: Sample) => number, digits = 0) =>
    median(samples.map(of)).toLocaleString('en', {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
  const lines = rows.flatMap(({ tcp, perSecond, samples }) => {
    const base = samples.gdnsdIdle.map(({ p99Us }) => p99Us);
    const line = (title: string, of: readonly Sample[]) => {
      const ratios = of.map(({ p99Us }, round) => p99Us / base[round]!);
      return [
        `${tcp ? 'TCP' : 'UDP'}, ${perSecond.toLocaleString('en')} a second`,
        title,
        figure(of, ({ p50Us }) => p50Us),
        figure(of, ({ p99Us }) => p99Us),
        `${Math.min(...of.map(({ p99Us }) => p99Us)).toFixed(0)}–${Math.max(...of.map(({ p99Us }) => p99Us)).toFixed(0)}`,
        median(ratios).toFixed(2),
        figure(of, ({ unsent }) => 100 * unsent, 1),
        figure(of, ({ failed }) => 100 * failed, 1),
      ];
    };
    return [
      line('gdnsd', samples.gdnsdIdle),
      line('Lifeguard', samples.idle),
      line('Lifeguard, whose pools flip', samples.flips),
      line('gdnsd, while those flip beside it', samples.gdnsdFlips),
    ];
  });
  const made = median(rows.flatMap(({ flips }) => flips)).toFixed(0);
  const body = [
    `${machine}; gdnsd ${versionOf(gdnsd)}; median of ${scale.rounds} rounds of ${scale.seconds} s; ${made} flips a second. Wanted: Lifeguard, whose pools flip, × ≤ ${WANTED}.`,
    markdownTable(
      ['load', 'server', 'p50 µs', 'p99 µs', 'spread', '× gdnsd', 'not sent in time %', 'failed %'],
      lines,
    ),
  ].join('\n\n');
  process.stdout.write(`${body}\n`);
  if (!options.quick) writeSection('Latency while pools flip', body);
}
