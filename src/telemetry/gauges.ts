/** A number that each scrape sets, by its labels. */
export interface SetGauge {
  reset(): void;
  set(value: number): void;
  set(labels: Readonly<Record<string, string>>, value: number): void;
}

/** Makes a gauge of this name, without `lifeguard_` before it. */
export type MakeGauge = (name: string, help: string, labelNames?: string[]) => SetGauge;

/** A count that each scrape sets, by its labels. */
export interface SetCounter {
  reset(): void;
  inc(labels: Readonly<Record<string, string>>, value: number): void;
}

/** Makes a counter of this name, without `lifeguard_` before it. */
export type MakeCounter = (name: string, help: string, labelNames?: string[]) => SetCounter;
