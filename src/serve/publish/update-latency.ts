import { createLatency, type LatencyReading } from '../../telemetry/latency.ts';

/** What makes a table another: what workers found, or what somebody configured. */
export type UpdateSource = 'observation' | 'configuration';

/** Writes of this node that are waited for at a time; of more the oldest are not measured. */
export const COMMITS_WAITING_MAX = 1_000;

/** How long updates take, each by one clock, this node's: those of workers may be others. */
export interface UpdateLatency {
  /** There is something that is in no generation yet. */
  heard(source: UpdateSource): void;
  /** A generation is begun, with all that was heard. */
  begin(): void;
  /** It is published, of this revision. */
  published(revision: number): void;
  /** A write that was sent to the store at `sentMs`, by `now`, has been acknowledged as this revision. */
  committed(revision: number, sentMs: number): void;
  /** From hearing to the published table: the longest of each generation. */
  readonly heardToPublished: Readonly<Record<UpdateSource, LatencyReading>>;
  /** From sending a write until it is both acknowledged and published here; of writes taken by this node. */
  readonly sentToPublished: LatencyReading;
}

/** Nothing measured yet. `now`: milliseconds of a clock that does not jump. */
export function createUpdateLatency(now: () => number): UpdateLatency {
  const latencies = { observation: createLatency(), configuration: createLatency() };
  const commits = createLatency();
  /** When the first was heard that is in no generation, and in the one that is being written. */
  let heardMs = new Map<UpdateSource, number>();
  let writing = new Map<UpdateSource, number>();
  /** When writes were sent that are acknowledged and not published, by their revisions, the oldest first. */
  const waiting = new Map<number, number>();
  let published = -1;
  return {
    heard(source) {
      if (!heardMs.has(source)) heardMs.set(source, now());
    },
    begin() {
      writing = heardMs;
      heardMs = new Map();
    },
    published(revision) {
      published = revision;
      const nowMs = now();
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
        commits.add(now() - sentMs);
        return;
      }
      waiting.set(revision, sentMs);
      if (waiting.size > COMMITS_WAITING_MAX) waiting.delete(waiting.keys().next().value!);
    },
    get heardToPublished() {
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
