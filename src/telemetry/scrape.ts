import { createPieces } from '../pace/next-turn.ts';

/** The metrics that a scraper reads. */
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

/** Serves metrics that `fill` brings up to date. */
export function sharedReading(metrics: Printable, fill: () => Promise<void>): Metrics {
  let reading: Promise<string> | undefined;

  /** Prints one metric after the other: one with a series for each endpoint takes as long as a piece may. */
  async function read(): Promise<string> {
    await fill();
    const texts: string[] = [];
    const isLong = createPieces();
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
