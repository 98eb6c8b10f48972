import { setImmediate as turn } from 'node:timers/promises';

/** How long a scrape is made at a time before others get their turn of the event loop, milliseconds. */
const TURN_MS = 5;

/** What is served to a scraper. */
export interface Metrics {
  readonly contentType: string;
  /** All metrics as text, read now; callers that come together share one reading. */
  text(): Promise<string>;
}

/** Metrics that each can be printed, as those of a registry. */
interface Printable {
  readonly contentType: string;
  getMetricsAsArray(): readonly { readonly name: string }[];
  getSingleMetricAsString(name: string): Promise<string>;
}

/** To be called between the parts of a scrape: gives what is to be awaited when it went on for TURN_MS. */
export function createTurns(): () => Promise<void> | undefined {
  let sinceMs = performance.now();
  return () => {
    if (performance.now() - sinceMs < TURN_MS) return undefined;
    return turn().then(() => {
      sinceMs = performance.now();
    });
  };
}

/** Serves metrics that `fill` brings up to date. */
export function sharedReading(metrics: Printable, fill: () => Promise<void>): Metrics {
  let reading: Promise<string> | undefined;

  /** One metric after the other: one with a series for each endpoint takes as long as a turn may. */
  async function read(): Promise<string> {
    await fill();
    const texts: string[] = [];
    const isLong = createTurns();
    for (const { name } of metrics.getMetricsAsArray()) {
      texts.push(await metrics.getSingleMetricAsString(name));
      const rest = isLong();
      if (rest) await rest;
    }
    return `${texts.join('\n\n')}\n`;
  }

  return {
    contentType: metrics.contentType,
    text() {
      reading ??= read().finally(() => {
        reading = undefined;
      });
      return reading;
    },
  };
}
