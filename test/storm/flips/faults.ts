import { LATE_MS } from '../asker.ts';
import type { Ran, Storm } from '../main.ts';

/** A storm takes so many times the memory that the same load without flips takes, at the most. */
export const MEMORY_GROWTH_MAX = 1.5;
/** Share of the flips that were wanted below which it was no storm. */
export const FLIPS_SHARE_MIN = 0.5;

/** What of a storm must not be, in words; nothing: it passed. */
export function faults({
  calm,
  storm,
  flipsPerSecond,
}: Pick<Storm, 'calm' | 'storm' | 'flipsPerSecond'>): string[] {
  const most = ({ residentOctets }: Ran) => Math.max(...residentOctets);
  const growth = most(storm) / most(calm);
  const wanted = flipsPerSecond * storm.seconds;
  const found: [boolean, string][] = [
    [calm.asked.answers === 0 || storm.asked.answers === 0, 'nothing was answered'],
    [storm.asked.torn > 0, `${storm.asked.torn} answers were torn`],
    [storm.asked.late > 0, `${storm.asked.late} answers were older than ${LATE_MS} ms`],
    [
      storm.load.lost > calm.load.lost,
      `dnsperf lost ${storm.load.lost} queries with flips, ${calm.load.lost} without`,
    ],
    [
      storm.asked.lost > calm.asked.lost,
      `${storm.asked.lost} queries were lost with flips, ${calm.asked.lost} without`,
    ],
    [growth > MEMORY_GROWTH_MAX, `memory grew ${growth.toFixed(2)}-fold`],
    [storm.flipped < FLIPS_SHARE_MIN * wanted, `only ${storm.flipped} flips of ${Math.round(wanted)}`],
  ];
  return found.flatMap(([isSo, fault]) => (isSo ? [fault] : []));
}
