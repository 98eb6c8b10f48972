import { markdownTable } from '../../bench/markdown-table.ts';
import { quantile } from '../../bench/quantile.ts';
import { LATE_MS } from './asker.ts';
import type { Ran, Storm } from './main.ts';

/** The figures of a storm, in Markdown. */
export function report({ machine, pools, flipsPerSecond, starts, calm, storm, updatesUs }: Storm): string {
  const { seconds, flipped, latenciesMs } = storm;
  return [
    machine,
    `${count(pools)} pools of 4 endpoints, each with a check; ${count(flipped)} flips in ${seconds.toFixed(0)} s (${count(flipped / seconds)} a second; ${count(flipsPerSecond)} wanted).`,
    markdownTable(
      [
        'start',
        'listening s',
        'first right answer s',
        'ready s',
        'processor s',
        'main thread held up ms',
        'RSS MiB',
      ],
      starts.map(({ title, took }) => [
        title,
        inSeconds(took.listeningMs),
        inSeconds(took.firstAnswerMs),
        inSeconds(took.readyMs),
        inSeconds(took.cpuMs),
        took.stallMs.toFixed(0),
        mebi(took.readyOctets),
      ]),
    ),
    markdownTable(
      ['', 'without flips', 'with flips'],
      [
        both('dnsperf: queries', ({ load }) => count(load.sent)),
        both('a second', ({ load }) => count(load.perSecond)),
        both('lost', ({ load }) => count(load.lost)),
        both(
          'latency ms: average, longest',
          ({ load }) => `${load.averageMs.toFixed(2)}, ${load.longestMs.toFixed(0)}`,
        ),
        both('codes', ({ load }) => load.codes),
        both('answers held against what was published', ({ asked }) => count(asked.answers)),
        both('torn', ({ asked }) => count(asked.torn)),
        both(`older than ${LATE_MS} ms`, ({ asked }) => count(asked.late)),
        both('lost', ({ asked }) => count(asked.lost)),
        both(
          'event loop delay ms: worst p99 of a second, longest',
          ({ delayP99Ms, delayMaxMs }) => `${delayP99Ms.toFixed(1)}, ${delayMaxMs.toFixed(1)}`,
        ),
        both('processor seconds a second', ({ busy }) => busy.toFixed(2)),
        both('RSS MiB: first, most, last', ({ residentOctets: all }) =>
          [all[0]!, Math.max(...all), all.at(-1)!].map(mebi).join(', '),
        ),
      ],
    ),
    `From a verdict to the answer, ${latenciesMs.length} flips of one pool, ms: ${quantiles(latenciesMs)}.`,
    `To bring one pool among all into the table, ${updatesUs.length} times, µs: ${quantiles(updatesUs)}.`,
    ...storm.asked.examples.map((example) => `TORN: ${example}`),
    '',
  ].join('\n\n');

  function both(title: string, figure: (ran: Ran) => string): string[] {
    return [title, figure(calm), figure(storm)];
  }
}

function quantiles(values: readonly number[]): string {
  const at = (q: number) => quantile(values, q).toFixed(1);
  return `p50 ${at(0.5)}, p90 ${at(0.9)}, p99 ${at(0.99)}, most ${at(1)}`;
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}

function inSeconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

function mebi(octets: number): string {
  return (octets / 2 ** 20).toFixed(0);
}
