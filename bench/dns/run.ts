/**
 * Authoritative answering, Lifeguard against other servers and against a floor, on one core each: `npm run bench`.
 * README.md tells what is measured and how to read it.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { describeMachine } from '../machine.ts';
import { median } from '../quantile.ts';
import { writeSection } from '../results.ts';
import { endOnInterrupt, tempDir } from '../temp-dir.ts';
import { compile } from './compile.ts';
import { hasDnsperf, measureByDnsperf } from './dnsperf.ts';
import { GENERATOR_CORE, measure, type Sample } from './load.ts';
import { nameOf, shuffled } from './names.ts';
import type { Peer } from './peer.ts';
import { floor } from './peers/floor.ts';
import { gdnsd } from './peers/gdnsd.ts';
import { knot } from './peers/knot.ts';
import { lifeguard } from './peers/lifeguard.ts';
import { nsd } from './peers/nsd.ts';
import { powerdnsLua, powerdnsStatic } from './peers/powerdns.ts';
import { dnsperfTable, fixedTable, type Measured, saturationTable, startTable } from './report.ts';
import { fixedRows, type Names, type Row, saturationRows, usualRow } from './rows.ts';
import { checkCores, isHere, type Server, startServer, versionOf } from './server.ts';

const PEERS: readonly Peer[] = [floor, lifeguard, gdnsd, nsd, knot, powerdnsStatic, powerdnsLua];
/** The load of the rows that compare what a query costs, and one that every server can take. */
const FIXED_PER_SECOND = 50_000;
const LIGHT_PER_SECOND = 500;
/** A server that gives less than this many times a fixed load cannot take it. */
const HEADROOM = 1.2;
/** A server that gives less than the best by this factor has no part in choosing half load. */
const SLOW_BEYOND = 10;
/** Without --quick about a quarter of an hour, with it two minutes. */
const FULL = { names: 100_000, rounds: 5, seconds: 0.8, warmSeconds: 0.5 } as const;
const QUICK = { names: 10_000, rounds: 2, seconds: 0.25, warmSeconds: 0.25 } as const;
/** dnsperf counts whole seconds. */
const DNSPERF_SECONDS = 1;

const { values: options } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const scale = options.quick ? QUICK : FULL;

endOnInterrupt();
checkCores(GENERATOR_CORE);
const machine = describeMachine();
const directory = tempDir();
const generator = compile(join(import.meta.dirname, 'load/*.c'), join(directory, 'load'));
const names = writeNames();
const servers: Server[] = [];
const absent: string[] = [];
try {
  for (const peer of PEERS) await startIfHere(peer);
  const saturation = saturationRows(names);
  for (const row of saturation) await measureOnce(row, scale.warmSeconds);
  const saturated = await measureRows(saturation, measureOnce);
  const capacity = capacityOf(saturated);
  const fixed = await measureRows(
    [
      usualRow(names, FIXED_PER_SECOND, capacity.canTake(FIXED_PER_SECOND)),
      usualRow(names, LIGHT_PER_SECOND, () => true),
      ...fixedRows(names, capacity.half),
    ],
    measureOnce,
  );
  const usual = usualRow(names, FIXED_PER_SECOND, capacity.canTake(FIXED_PER_SECOND));
  const byDnsperf = hasDnsperf() ? await measureRows([usual], dnsperfOnce) : [];
  report(saturated, fixed, byDnsperf);
} finally {
  await Promise.all(servers.map((server) => server.stop()));
}

function writeNames(): Names {
  const one = join(directory, 'one-name');
  const many = join(directory, 'many-names');
  writeFileSync(one, `${nameOf(Math.floor(scale.names / 2))}\n`);
  writeFileSync(many, `${shuffled(scale.names).map(nameOf).join('\n')}\n`);
  return { one, many, count: scale.names };
}

async function startIfHere(peer: Peer): Promise<void> {
  if (!isHere(peer)) {
    absent.push(peer.name);
    say(`${peer.name}: no ${peer.program} here, left out`);
    return;
  }
  const server = await startServer(peer, directory, scale.names);
  servers.push(server);
  say(`${peer.name} answers right, ${(server.startMs / 1_000).toFixed(1)} s after its start`);
}

/** One round of a row: every server in turn. */
async function measureOnce(row: Row, seconds: number): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const server of servers)
    if (row.asks(server.peer))
      samples.set(server.peer.name, await measure(generator, server, { ...row.load, seconds }));
  return samples;
}

/** The same with another generator. */
async function dnsperfOnce({ asks, load }: Row): Promise<Map<string, Sample>> {
  const samples = new Map<string, Sample>();
  for (const server of servers)
    if (asks(server.peer))
      samples.set(
        server.peer.name,
        await measureByDnsperf(server, { ...load, perSecond: FIXED_PER_SECOND, seconds: DNSPERF_SECONDS }),
      );
  return samples;
}

/** All rounds of some rows, the rows in turn, so that a busy minute of the machine does not hit a single one. */
async function measureRows(rows: readonly Row[], once: typeof measureOnce): Promise<Measured[]> {
  const rounds = rows.map(() => [] as Map<string, Sample>[]);
  for (let round = 1; round <= scale.rounds; round += 1) {
    say(`round ${round} of ${scale.rounds}`);
    for (const [i, row] of rows.entries()) rounds[i]!.push(await once(row, scale.seconds));
  }
  return rows.map(({ title }, i) => {
    const servers = [...rounds[i]![0]!.keys()];
    const samples = new Map(servers.map((server) => [server, rounds[i]!.map((round) => round.get(server)!)]));
    return { title, samples };
  });
}

/** What the servers can take, as was measured at saturation, each with the whole core to itself. */
function capacityOf(saturated: readonly Measured[]) {
  const perCore = (of: readonly Sample[]) => median(of.map((sample) => sample.perCpuSecond));
  const least = new Map<string, number>();
  for (const { samples } of saturated)
    for (const [server, of] of samples)
      least.set(server, Math.min(least.get(server) ?? Number.POSITIVE_INFINITY, perCore(of)));
  return {
    /** Whether a server can take a rate in every shape. */
    canTake: (perSecond: number) => (peer: Peer) => least.get(peer.name)! >= HEADROOM * perSecond,
    /** Half of what the slowest of the servers gives in this shape, those left out that are slow beyond comparison. */
    half(title: string) {
      const { samples } = saturated.find((row) => row.title === title)!;
      const rates = new Map([...samples].map(([server, of]) => [server, perCore(of)]));
      const compared = [...rates.values()].filter(
        (rate) => rate * SLOW_BEYOND >= Math.max(...rates.values()),
      );
      const perSecond = Math.round(Math.min(...compared) / 2 / 1_000) * 1_000;
      return { perSecond, asks: (peer: Peer) => (rates.get(peer.name) ?? 0) >= HEADROOM * perSecond };
    },
  };
}

function report(
  saturated: readonly Measured[],
  fixed: readonly Measured[],
  byDnsperf: readonly Measured[],
): void {
  const peers = servers.map(({ peer }) => {
    const version = versionOf(peer);
    return `- ${peer.name}${version && ` ${version}`}: ${peer.means}`;
  });
  const body = [
    `${machine}; median of ${scale.rounds} rounds of ${scale.seconds} s.`,
    peers.concat(absent.map((name) => `- ${name}: not on this machine`)).join('\n'),
    ...saturated.map(saturationTable),
    ...fixed.map(fixedTable),
    ...byDnsperf.map(dnsperfTable),
    startTable(names.count, servers),
  ].join('\n\n');
  process.stdout.write(`\n${body}\n`);
  if (!options.quick) writeSection('Answering on one core', body);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
