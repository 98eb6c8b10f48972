import { Counter } from '../../answer/counters.ts';
import { formatAddress } from '../listen/peer.ts';
import type { Misproxied } from '../stream/misproxied.ts';
import type { UdpEngine } from './engine.ts';
import { readMisproxiedNote } from './proxied.ts';

/** How often it is looked what the threads have dropped, which log nothing themselves. */
export const MISPROXIED_LOOK_MS = 1_000;

/** Tells of queries that an engine dropped since they began with no PROXY protocol header, until it is stopped. */
export function watchMisproxied(
  { counters, misproxied: note }: Pick<UdpEngine, 'counters' | 'misproxied'>,
  misproxied: Misproxied,
): { stop(): void } {
  let told = 0;
  const timer = setInterval(() => {
    const dropped = counters.reduce((sum, block) => sum + block[Counter.MISPROXIED]!, 0);
    if (dropped === told) return;
    const { from, rule } = readMisproxiedNote(note);
    misproxied(formatAddress(from), rule, dropped - told);
    told = dropped;
  }, MISPROXIED_LOOK_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
