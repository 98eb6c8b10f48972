import type { CheckKey } from '../../check/check.ts';

/** What runs, and how many at a time. */
export interface RunnerOptions {
  /** Probes running at a time, at least 1. */
  readonly inFlightMax: number;
  /** Checks running at a time at one target, at least 1. */
  readonly perTargetMax: number;
  /** What a check goes to. */
  readonly targetOf: (key: CheckKey) => string;
  /** Probes that a check makes at a time, at least 1. One that makes more than there may be runs alone. Absent: 1. */
  readonly probesOf?: (key: CheckKey) => number;
  /** Whether a check is likely to use up all of its time. */
  readonly isSlow: (key: CheckKey) => boolean;
  /** Makes one check; gives up when the signal aborts. Must not reject. */
  readonly run: (key: CheckKey, signal: AbortSignal) => Promise<void>;
}

/** The share of the probes in flight that slow ones may be, so that there is always room for the others. */
export const SLOW_SHARE = 3 / 4;

/**
 * Runs checks side by side, a bounded number at a time, each never more than once. Of those that may run, as their target
 * and the share of slow ones have room, who waits longest is next.
 */
export interface Runner {
  /**
   * Runs a check as soon as there is room. Skipped when it still waits; while it runs, one offer is kept and the check
   * runs once more when it ends, so that checks which take a whole interval follow each other without a pause.
   */
  offer(key: CheckKey): void;
  /** Ends a check at once, waiting or running. */
  cancel(key: CheckKey): void;
  /** Ends all checks and takes no more; resolves when none runs. */
  stop(): Promise<void>;
  /** Probes in flight. */
  readonly inFlight: number;
  /** Checks that wait. */
  readonly waiting: number;
  /** Offers that found the check waiting or running, so far. */
  readonly skipped: number;
}

/** Who has or wants a place at a target. */
interface Target {
  readonly name: string;
  /** Checks that run, or are next when there is room. */
  taken: number;
  readonly blocked: Set<CheckKey>;
}

/** A check that has its place at its target. */
interface Ready {
  readonly number: number;
  readonly target: Target;
  readonly probes: number;
}

/** A runner with nothing in flight. */
export function createRunner(options: RunnerOptions): Runner {
  const { inFlightMax, perTargetMax, targetOf, probesOf = () => 1, isSlow, run } = options;
  const slowMax = Math.max(1, Math.floor(inFlightMax * SLOW_SHARE));
  const targets = new Map<string, Target>();
  /** Where a check waits for a place at its target. */
  const blockedAt = new Map<CheckKey, Target>();
  /** What waits for room, in the order it came: a Map keeps it. */
  const prompt = new Map<CheckKey, Ready>();
  const slow = new Map<CheckKey, Ready>();
  const running = new Map<CheckKey, AbortController>();
  /** What was offered while it ran. */
  const again = new Set<CheckKey>();
  const ends = new Set<Promise<void>>();
  /** Probes in flight, and those of slow checks. */
  let probing = 0;
  let slowProbing = 0;
  let came = 0;
  let skipped = 0;
  let isStopped = false;

  function admit(key: CheckKey, target: Target): void {
    (isSlow(key) ? slow : prompt).set(key, { number: came++, target, probes: probesOf(key) });
  }

  /** Gives the place of a check at its target to the one that waits for it longest. */
  function leave(target: Target): void {
    const [key] = target.blocked;
    if (key === undefined) {
      target.taken -= 1;
      if (target.taken === 0) targets.delete(target.name);
      return;
    }
    target.blocked.delete(key);
    blockedAt.delete(key);
    admit(key, target);
  }

  /** The queue whose first waits longest, of those that may run now; undefined: none may, or that first one has no room yet. */
  function nextQueue(): Map<CheckKey, Ready> | undefined {
    const [first] = prompt.values();
    const [slowest] = slow.values();
    const firstSlow = slowest && fits(slowest, slowProbing, slowMax) ? slowest : undefined;
    const isSlowNext = firstSlow && !(first && first.number < firstSlow.number);
    const next = isSlowNext ? firstSlow : first;
    // Who needs much room is not overtaken by those who need little, or it would wait for ever.
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
    blockedAt.get(key)?.blocked.delete(key);
    blockedAt.delete(key);
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
    const name = targetOf(key);
    const target = targets.get(name) ?? { name, taken: 0, blocked: new Set<CheckKey>() };
    targets.set(name, target);
    if (target.taken < perTargetMax) {
      target.taken += 1;
      admit(key, target);
    } else {
      target.blocked.add(key);
      blockedAt.set(key, target);
    }
  }

  return {
    offer(key) {
      if (isStopped) return;
      if (prompt.has(key) || slow.has(key) || blockedAt.has(key) || running.has(key)) {
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
      // Who waits first, so that nobody gets the place of another that ends.
      for (const key of [...blockedAt.keys(), ...prompt.keys(), ...slow.keys(), ...running.keys()])
        cancel(key);
      await Promise.all(ends);
    },
    get inFlight() {
      return probing;
    },
    get waiting() {
      return prompt.size + slow.size + blockedAt.size;
    },
    get skipped() {
      return skipped;
    },
  };
}

/** Whether there is room for one more beside those that run; whoever runs alone has. */
function fits({ probes }: Ready, running: number, max: number): boolean {
  return running === 0 || running + probes <= max;
}
