import { Counter } from '../../answer/counters.ts';
import { formatAddress } from '../listen/peer.ts';
import type { Misproxied } from '../stream/misproxied.ts';
import type { UdpEngine } from './engine.ts';
import { readMisproxiedNote } from './proxied.ts';

/** Interval at which the counters of the threads are read, which write no log themselves, milliseconds. */
export const MISPROXIED_LOOK_MS = 1_000;

/** Reports queries that an engine dropped because they did not begin with a PROXY protocol header, until it is stopped. */
export function watchMisproxied(
  { counters, misproxied: note }: Pick<UdpEngine, 'counters' | 'misproxied'>,
  misproxied: Misproxied,
): { stop(): void } {
  let reported = 0;
  const timer = setInterval(() => {
    const dropped = counters.reduce((sum, block) => sum + block[Counter.MISPROXIED]!, 0);
    if (dropped === reported) return;
    const { from, rule } = readMisproxiedNote(note);
    misproxied(formatAddress(from), rule, dropped - reported);
    reported = dropped;
  }, MISPROXIED_LOOK_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
