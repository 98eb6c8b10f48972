import { expect } from 'vitest';
import type { Observation } from '../../../src/health/observation.ts';
import type { Change } from '../../../src/store/contract/documents.ts';
import type { Follower, Following, Position } from '../../../src/store/contract/feed.ts';
import type { Store } from '../../../src/store/store.ts';

/** How long a test waits for what must come: long, for a busy machine; a test that passes hardly waits. */
export const WAIT = { timeout: 40_000, interval: 5 };

/** What a follower was told, in order. */
export interface Recorder {
  readonly changes: Change[];
  readonly observations: Observation[];
  /** Where to follow on from: after everything recorded. */
  readonly position: () => Position;
  readonly lost: () => number;
  readonly connected: boolean[];
  readonly following: Following;
  /** Waits until `holds`. */
  until(holds: () => boolean): Promise<void>;
}

/** Follows and keeps everything; fails the test's wait when something is told after `lost`. */
export function record(store: Store, from: Position): Recorder {
  const changes: Change[] = [];
  const observations: Observation[] = [];
  const connected: boolean[] = [];
  let position = from;
  let lost = 0;
  let afterLost = 0;
  const told = () => {
    if (lost > 0) afterLost += 1;
  };
  const follower: Follower = {
    changed: (change) => {
      told();
      changes.push(change);
      const { link: _, ...rest } = position;
      position = { ...rest, revision: change.revision, ...(change.link && { link: change.link }) };
    },
    observed: (seen, at) => {
      told();
      observations.push(...seen);
      position = { ...position, observation: at };
    },
    lost: () => {
      told();
      lost += 1;
    },
    connected: (up) => {
      told();
      connected.push(up);
    },
  };
  const following = store.follow(from, follower);
  return {
    changes,
    observations,
    position: () => position,
    lost: () => lost,
    connected,
    following,
    until: async (holds) => {
      await expect.poll(holds, WAIT).toBe(true);
      expect(afterLost).toBe(0);
    },
  };
}

/** Where the store is now. */
export async function here(store: Store): Promise<Position> {
  const { epoch, revision } = await store.read();
  return { epoch, revision, observation: (await store.observations()).position };
}
