import { monitorEventLoopDelay } from 'node:perf_hooks';

/** A metric that is set before it is printed. */
interface ReadGauge {
  set(value: number): void;
}

/** Makes a gauge of this full name in the place of another; `read` is called before it is printed. */
export type ReplaceGauge = (name: string, help: string, read?: () => void) => ReadGauge;

const DELAYS = {
  min: 'The shortest delay',
  max: 'The longest delay',
  mean: 'The mean of the delays',
  stddev: 'The standard deviation of the delays',
  p50: 'The median of the delays',
  p90: '90 % of the delays are at most as long',
  p99: '99 % of the delays are at most as long',
} as const;
const NS_PER_SECOND = 1e9;

/**
 * Measures the delay of the event loop since the last scrape as the loop turns: how long each turn kept waiting what came
 * meanwhile. A timer would wake an idle process 100 times a second for it.
 */
export function eventLoopMetrics(replace: ReplaceGauge): void {
  const delay = monitorEventLoopDelay({ samplePerIteration: true });
  delay.enable();

  /** Reads all of them at once, with the first. */
  function readAll(): void {
    const { count, min, max, mean, stddev } = delay;
    const found = { min, max, mean, stddev, p50: delay.percentile(50), p90: delay.percentile(90) };
    for (const [i, ns] of Object.values({ ...found, p99: delay.percentile(99) }).entries())
      gauges[i]!.set(count === 0 ? 0 : ns / NS_PER_SECOND);
    delay.reset();
  }

  const gauges = Object.entries(DELAYS).map(([name, help], i) =>
    replace(
      `nodejs_eventloop_lag_${name}_seconds`,
      `${help} of the event loop.`,
      i === 0 ? readAll : undefined,
    ),
  );
}
