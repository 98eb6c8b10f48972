import type { CheckKey } from '../../check/check.ts';

/** Dependencies and bounds of createRunner. */
export interface RunnerOptions {
  /** Maximum of probes that run at a time, at least 1. */
  readonly inFlightMax: number;
  /** Maximum of checks that run at a time at one target, at least 1. */
  readonly perTargetMax: number;
  /** The target of a check. */
  readonly targetOf: (key: CheckKey) => string;
  /** Number of probes that a check makes at a time, at least 1. A check that makes more than `inFlightMax` runs alone. Absent: 1. */
  readonly probesOf?: (key: CheckKey) => number;
  /** Returns true for a check that is likely to use up all of its time. */
  readonly isSlow: (key: CheckKey) => boolean;
  /** Runs one check, and gives up when the signal aborts. Must not reject. */
  readonly run: (key: CheckKey, signal: AbortSignal) => Promise<void>;
}

/** Largest share of probes in flight that slow checks may have, so that there is always room for the others. */
export const SLOW_SHARE = 3 / 4;

/**
 * Runs checks concurrently, within bounds, each at most once at a time. The check that waits longest is next, of those
 * for which their target and the share of slow checks have room.
 */
export interface Runner {
  /**
   * Runs a check as soon as there is room. Skips it when it still waits. While it runs, one offer is remembered, and the
   * check runs once more when it ends, so that checks that take a whole interval follow each other without a pause.
   */
  offer(key: CheckKey): void;
  /** Ends a check at once, waiting or running. */
  cancel(key: CheckKey): void;
  /** Ends all checks and takes no more; resolves when none runs. */
  stop(): Promise<void>;
  /** Number of probes in flight. */
  readonly inFlight: number;
  /** Number of checks that wait. */
  readonly waiting: number;
  /** Number of offers so far that found the check waiting or running. */
  readonly skipped: number;
}

/** The checks that have or want a place at a target. */
interface Target {
  readonly name: string;
  /** Number of checks that run, or are next when there is room. */
  taken: number;
  readonly blocked: Set<CheckKey>;
}

/** A check that has its place at its target. */
interface Ready {
  readonly number: number;
  readonly target: Target;
  readonly probes: number;
}

/** Creates a runner with nothing in flight. */
export function createRunner(options: RunnerOptions): Runner {
  const { inFlightMax, perTargetMax, targetOf, probesOf = () => 1, isSlow, run } = options;
  const slowMax = Math.max(1, Math.floor(inFlightMax * SLOW_SHARE));
  const places = createPlaces(perTargetMax);
  /** Checks that wait for room, in the order in which they came. */
  const prompt = new Map<CheckKey, Ready>();
  const slow = new Map<CheckKey, Ready>();
  const running = new Map<CheckKey, AbortController>();
  /** Checks that were offered while they ran. */
  const again = new Set<CheckKey>();
  const ends = new Set<Promise<void>>();
  /** Number of probes in flight, and below of those of slow checks. */
  let probing = 0;
  let slowProbing = 0;
  let came = 0;
  let skipped = 0;
  let isStopped = false;

  function admit(key: CheckKey, target: Target): void {
    (isSlow(key) ? slow : prompt).set(key, { number: came++, target, probes: probesOf(key) });
  }

  function leave(target: Target): void {
    const next = places.leave(target);
    if (next !== undefined) admit(next, target);
  }

  /** Returns the queue whose first check waits longest, of those that may run; undefined: none may, or that check has no room yet. */
  function nextQueue(): Map<CheckKey, Ready> | undefined {
    const [first] = prompt.values();
    const [slowest] = slow.values();
    const firstSlow = slowest && fits(slowest, slowProbing, slowMax) ? slowest : undefined;
    const isSlowNext = firstSlow && !(first && first.number < firstSlow.number);
    const next = isSlowNext ? firstSlow : first;
    // A check that needs much room is not overtaken by those that need little, or it would wait for ever.
    return next && fits(next, probing, inFlightMax) ? (isSlowNext ? slow : prompt) : undefined;
  }

  function fill(): void {
    for (let queue = nextQueue(); queue !== undefined; queue = nextQueue()) {
      for (const [key, ready] of queue) {
        queue.delete(key);
        launch(key, ready, queue === slow);
        break;
      }
    }
  }

  function launch(key: CheckKey, { target, probes }: Ready, countsSlow: boolean): void {
    probing += probes;
    if (countsSlow) slowProbing += probes;
    const ending = new AbortController();
    running.set(key, ending);
    const end = run(key, ending.signal).finally(() => {
      ends.delete(end);
      probing -= probes;
      if (countsSlow) slowProbing -= probes;
      const isCurrent = running.get(key) === ending;
      if (isCurrent) running.delete(key);
      leave(target);
      if (isCurrent && again.delete(key)) wait(key);
      fill();
    });
    ends.add(end);
  }

  function cancel(key: CheckKey): void {
    places.cancel(key);
    for (const queue of [prompt, slow]) {
      const ready = queue.get(key);
      if (queue.delete(key)) leave(ready!.target);
    }
    again.delete(key);
    running.get(key)?.abort();
    running.delete(key);
  }

  /** Takes a place at its target, or waits for one. */
  function wait(key: CheckKey): void {
    const target = places.take(key, targetOf(key));
    if (target !== undefined) admit(key, target);
  }

  return {
    offer(key) {
      if (isStopped) return;
      if (prompt.has(key) || slow.has(key) || places.isBlocked(key) || running.has(key)) {
        skipped++;
        if (running.has(key)) again.add(key);
        return;
      }
      wait(key);
      fill();
    },
    cancel,
    async stop() {
      isStopped = true;
      // Those that wait come first, so that none gets the place of another that ends.
      for (const key of [...places.blocked(), ...prompt.keys(), ...slow.keys(), ...running.keys()])
        cancel(key);
      await Promise.all(ends);
    },
    get inFlight() {
      return probing;
    },
    get waiting() {
      return prompt.size + slow.size + places.waiting;
    },
    get skipped() {
      return skipped;
    },
  };
}

/** The places of checks at their targets, of which each has a maximum. */
interface Places {
  /** Takes a place at the target with this name. Returns the target; undefined: the check waits for a place. */
  take(key: CheckKey, name: string): Target | undefined;
  /** Gives back a place. Returns the check that waited for it longest, and has it now; undefined: none waits. */
  leave(target: Target): CheckKey | undefined;
  /** Ends the wait of a check. */
  cancel(key: CheckKey): void;
  isBlocked(key: CheckKey): boolean;
  /** The checks that wait. */
  blocked(): Iterable<CheckKey>;
  readonly waiting: number;
}

function createPlaces(perTargetMax: number): Places {
  const targets = new Map<string, Target>();
  /** Where a check waits for a place. */
  const blockedAt = new Map<CheckKey, Target>();
  return {
    take(key, name) {
      const target = targets.get(name) ?? { name, taken: 0, blocked: new Set<CheckKey>() };
      targets.set(name, target);
      if (target.taken < perTargetMax) {
        target.taken += 1;
        return target;
      }
      target.blocked.add(key);
      blockedAt.set(key, target);
      return undefined;
    },
    leave(target) {
      const [key] = target.blocked;
      if (key === undefined) {
        target.taken -= 1;
        if (target.taken === 0) targets.delete(target.name);
        return undefined;
      }
      target.blocked.delete(key);
      blockedAt.delete(key);
      return key;
    },
    cancel(key) {
      blockedAt.get(key)?.blocked.delete(key);
      blockedAt.delete(key);
    },
    isBlocked: (key) => blockedAt.has(key),
    blocked: () => blockedAt.keys(),
    get waiting() {
      return blockedAt.size;
    },
  };
}

/** Returns true where there is room for one more beside those that run, and where none runs. */
function fits({ probes }: Ready, running: number, max: number): boolean {
  return running === 0 || running + probes <= max;
}
