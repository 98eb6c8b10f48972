import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { median } from '../quantile.ts';
import { hasDnsperf, measureByDnsperf } from './dnsperf.ts';
import type { Sample } from './load.ts';
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
import { type Bench, openSession } from './session.ts';

const PEERS: readonly Peer[] = [floor, lifeguard, gdnsd, nsd, knot, powerdnsStatic, powerdnsLua];
/** The load of the rows that compare what a query costs, and one that every server can take. */
const FIXED_PER_SECOND = 50_000;
const LIGHT_PER_SECOND = 500;
/** A server that gives less than this many times a fixed load cannot take it. */
const HEADROOM = 1.2;
/** A server that gives less than the best by this factor has no part in choosing half load. */
const SLOW_BEYOND = 10;
/** dnsperf counts whole seconds. */
const DNSPERF_SECONDS = 1;

/** Pools against static names of other servers; returns the body of the section. */
export async function benchAnswering(bench: Bench): Promise<string> {
  const { scale } = bench;
  const names = writeNames(bench);
  await using session = await openSession(PEERS, bench);
  const { measureOnce, measureRows, servers } = session;
  const saturation = saturationRows(names);
  for (const row of saturation) await measureOnce(row, scale.warmSeconds);
  const saturated = await measureRows(saturation, measureOnce);
  const capacity = capacityOf(saturated);
  const usual = usualRow(names, FIXED_PER_SECOND, capacity.canTake(FIXED_PER_SECOND));
  const fixed = await measureRows(
    [usual, usualRow(names, LIGHT_PER_SECOND, () => true), ...fixedRows(names, capacity.half)],
    measureOnce,
  );
  /** The same with another generator. */
  const dnsperfOnce = async ({ asks, load }: Row): Promise<Map<string, Sample>> => {
    const samples = new Map<string, Sample>();
    const timed = { ...load, perSecond: FIXED_PER_SECOND, seconds: DNSPERF_SECONDS };
    for (const server of servers)
      if (asks(server.peer)) samples.set(server.peer.name, await measureByDnsperf(server, timed));
    return samples;
  };
  const byDnsperf = hasDnsperf() ? await measureRows([usual], dnsperfOnce) : [];
  return [
    session.described,
    ...saturated.map((row) => saturationTable(row)),
    ...fixed.map(fixedTable),
    ...byDnsperf.map(dnsperfTable),
    startTable(names.count, servers),
  ].join('\n\n');
}

function writeNames({ directory, scale }: Bench): Names {
  const one = join(directory, 'one-name');
  const many = join(directory, 'many-names');
  writeFileSync(one, `${nameOf(Math.floor(scale.names / 2))}\n`);
  writeFileSync(many, `${shuffled(scale.names).map(nameOf).join('\n')}\n`);
  return { one, many, count: scale.names };
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
