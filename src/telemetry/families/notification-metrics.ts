import type { MakeCounter, MakeGauge } from '../gauges.ts';
import type { MetricsSource } from '../readings.ts';

/** Makes the metrics of notifications. */
export function notificationMetrics(counter: MakeCounter, gauge: MakeGauge): (source: MetricsSource) => void {
  const attempts = counter(
    'notification_attempts_total',
    'Attempts of this node to notify, by destination and outcome',
    ['destination', 'outcome'],
  );
  const behind = gauge(
    'notification_behind_seconds',
    'Age of the oldest notification that a destination has not taken; 0: it has all, or another node notifies',
    ['destination'],
  );
  return (source) => {
    attempts.reset();
    for (const { destination, delivered, refused, failed, behindMs } of source.notifications()) {
      for (const [outcome, count] of Object.entries({ delivered, refused, failed }))
        attempts.inc({ destination, outcome }, count);
      behind.set({ destination }, behindMs / 1_000);
    }
  };
}
