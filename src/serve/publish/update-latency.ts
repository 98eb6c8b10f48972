import { createLatency, type LatencyReading } from '../../telemetry/latency.ts';

/** What a change of the table comes from: results of workers, or the configuration. */
export type UpdateSource = 'observation' | 'configuration';

/** Maximum of writes of this node that are measured at a time. Beyond it the oldest are not measured. */
export const COMMITS_WAITING_MAX = 1_000;

/** Measures how long updates take, by the clock of this node alone. */
export interface UpdateLatency {
  /** Notes a change that is in no generation yet. */
  arrived(source: UpdateSource): void;
  /** Notes that a generation with all changes so far is begun. */
  begin(): void;
  /** Notes that it is published, with this revision. */
  published(revision: number): void;
  /** Notes that the store acknowledged a write as this revision. `sentMs`: when it was sent, by `monotonicMs`. */
  committed(revision: number, sentMs: number): void;
  /** Time from the arrival of a change to the published table, the longest of each generation. */
  readonly arrivedToPublished: Readonly<Record<UpdateSource, LatencyReading>>;
  /** Time from sending a write of this node until it is both acknowledged and published here. */
  readonly sentToPublished: LatencyReading;
}

/** Creates empty measurements. `monotonicMs`: a clock that never jumps. */
export function createUpdateLatency(monotonicMs: () => number): UpdateLatency {
  const latencies = { observation: createLatency(), configuration: createLatency() };
  const commits = createLatency();
  /** Arrival of the first change that is in no generation, and below in the one that is being written. */
  let arrivedMs = new Map<UpdateSource, number>();
  let writing = new Map<UpdateSource, number>();
  /** When acknowledged and not yet published writes were sent, by their revisions, oldest first. */
  const waiting = new Map<number, number>();
  let published = -1;
  return {
    arrived(source) {
      if (!arrivedMs.has(source)) arrivedMs.set(source, monotonicMs());
    },
    begin() {
      writing = arrivedMs;
      arrivedMs = new Map();
    },
    published(revision) {
      published = revision;
      const nowMs = monotonicMs();
      for (const [source, sinceMs] of writing) latencies[source].add(nowMs - sinceMs);
      writing.clear();
      for (const [written, sentMs] of waiting) {
        if (written > revision) continue;
        waiting.delete(written);
        commits.add(nowMs - sentMs);
      }
    },
    committed(revision, sentMs) {
      if (revision <= published) {
        commits.add(monotonicMs() - sentMs);
        return;
      }
      waiting.set(revision, sentMs);
      if (waiting.size > COMMITS_WAITING_MAX) waiting.delete(waiting.keys().next().value!);
    },
    get arrivedToPublished() {
      return {
        observation: latencies.observation.reading,
        configuration: latencies.configuration.reading,
      };
    },
    get sentToPublished() {
      return commits.reading;
    },
  };
}
