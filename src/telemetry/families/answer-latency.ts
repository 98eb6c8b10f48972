import { Counter, LATENCY_BOUNDS_NS } from '../../answer/counters.ts';
import type { SeriesValue } from '../latency.ts';
import type { MetricsSource } from '../readings.ts';

/** Nanoseconds of a second. */
const NS = 1e9;

/** Makes the values of the histogram of timed answers, by engine. */
export function answerLatency(name: string, { counters }: Pick<MetricsSource, 'counters'>): SeriesValue[] {
  return [...Map.groupBy(counters, ({ engine }) => engine)].flatMap(([engine, blocks]) => {
    const sum = (at: number) => blocks.reduce((all, each) => all + each.counters[at]!, 0);
    let below = 0;
    const bounded = LATENCY_BOUNDS_NS.map((bound, i) => ({
      metricName: `${name}_bucket`,
      labels: { engine, le: String(bound / NS) },
      value: (below += sum(Counter.LATENCY + i)),
    }));
    const count = below + sum(Counter.LATENCY + LATENCY_BOUNDS_NS.length);
    return [
      ...bounded,
      { metricName: `${name}_bucket`, labels: { engine, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels: { engine }, value: sum(Counter.LATENCY_SUM_NS) / NS },
      { metricName: `${name}_count`, labels: { engine }, value: count },
    ];
  });
}
