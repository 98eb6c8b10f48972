import { Counter } from '../../answer/counters.ts';
import type { MakeCounter } from '../gauges.ts';
import type { MetricsSource } from '../readings.ts';

/** Makes the metrics of the query log. */
export function queryLogMetrics(counter: MakeCounter): (source: MetricsSource) => void {
  const sampled = counter('query_log_sampled_total', 'Queries that were copied for the query log');
  const written = counter(
    'query_log_written_total',
    'Queries of the zones of the query log that were written, by output',
    ['output'],
  );
  const dropped = counter(
    'query_log_dropped_total',
    'Queries that the query log dropped: its ring in memory was full, or an output did not take them in time',
    ['where'],
  );
  return ({ counters, queryLog }) => {
    const sum = (at: number) => counters.reduce((all, each) => all + each.counters[at]!, 0);
    for (const metric of [sampled, written, dropped]) metric.reset();
    sampled.inc({}, sum(Counter.SAMPLED));
    dropped.inc({ where: 'ring' }, sum(Counter.UNSAMPLED));
    for (const output of ['file', 'dnstap'] as const) {
      written.inc({ output }, queryLog.written[output]);
      dropped.inc({ where: output }, queryLog.lost[output]);
    }
  };
}
