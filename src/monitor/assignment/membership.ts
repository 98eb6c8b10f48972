import { createRetry } from '../../check/retry.ts';
import type { Worker } from '../../check/worker.ts';
import { LEASE_MS, type Lease, type Store, StoreRefused } from '../../store/store.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';

/** Between two renewals of the lease, and two looks at who else is live. */
export const BEAT_MS = 1_000;
/** Pauses after a beat that failed: doubling from the first to the second, both well inside a lease. */
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 2_000;

/**
 * When this worker's lease had ended, the store was away and the others' leases have ended, too: they are taken for
 * live for so long, in which they join again, or else who is first would take over all their checks and hand them back.
 */
export const REJOIN_SETTLE_MS = 4_000;

/** Who joins, and who is told which workers live. */
export interface MembershipOptions {
  readonly store: Store;
  readonly worker: Worker;
  readonly log: Logger;
  /** Who is live (REJOIN_SETTLE_MS), after every beat; `rejoined`: the lease had ended meanwhile, so others may have taken over. */
  readonly onLive: (workers: readonly Worker[], rejoined: boolean) => void;
  /** The store is there and refuses the lease, for this reason. */
  readonly refused?: (why: string) => void;
}

/** Keeps this process among the live workers, and knows the others. */
export interface Membership {
  /** undefined: not joined yet, or the lease has ended. */
  readonly lease: Lease | undefined;
  /** Counts how often it has joined after its lease had ended, the first time included; others may have taken over between two. */
  readonly term: number;
  /** Which of its stays this is (check/worker.ts): one more for each term, and for each time it abstained. */
  readonly stay: number;
  /**
   * Resolves once `term` is known to be the present one, or the store to be away: at once, unless no beat ended for as
   * long as a lease lasts, as when this process was paused. Never rejects.
   */
  confirm(): Promise<void>;
  /**
   * Tells the others that this worker abstains, or no longer does, with the next beat. `refusal`: why the store refuses
   * what it finds, where that is the cause.
   */
  setAbstaining(isAbstaining: boolean, refusal?: string): void;
  /** This lease was refused: joins again, unless that has happened already. Resolves after the attempt. */
  rejoin(refused: Lease): Promise<void>;
  /** Ends the beating; the lease stays until leave(). */
  stop(): void;
  /** Ends the lease. Throws StoreUnavailable; the lease then ends by itself. */
  leave(): Promise<void>;
}

/** Joins as soon as the store is there, and stays joined until stopped; never throws. */
export function startMembership({
  store,
  worker,
  log,
  onLive,
  refused = () => {},
}: MembershipOptions): Membership {
  const retry = createRetry(RETRY_MIN_MS, RETRY_MAX_MS);
  let lease: Lease | undefined;
  let term = 0;
  let stay = 0;
  let beatEndedMs = Number.NEGATIVE_INFINITY;
  let isAbstaining = false;
  let refusal: string | undefined;
  /** What the lease says of it: another lease says otherwise. */
  let saysAbstaining = false;
  /** Joined again, and nobody was told yet: the store may go away between joining and reading who is live. */
  let rejoined = false;
  const repeats = createRepeats();
  let isStopped = false;
  let live: readonly Worker[] = [];
  let settlesMs = Number.NEGATIVE_INFINITY;
  let beating: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function renewOrJoin(): Promise<void> {
    const says = isAbstaining;
    const isOtherwise = lease !== undefined && says !== saysAbstaining;
    if (lease !== undefined && !isOtherwise && (await store.renew(lease)) === 'renewed') return;
    lease = undefined;
    if (isStopped) return;
    const next = isOtherwise || term === 0 ? stay : stay + 1;
    lease = await store.join({
      ...worker,
      ...(says && { isAbstaining: true }),
      ...(says && refusal !== undefined && { refusal }),
      ...(next > 0 && { stay: next }),
    });
    saysAbstaining = says;
    stay = Math.max(stay, next);
    if (isOtherwise) return;
    rejoined = term > 0;
    term += 1;
    if (rejoined) log.warn({ worker: worker.id }, 'lease had ended: joined again');
    else log.info({ worker: worker.id, region: worker.region }, 'joined');
  }

  async function beatOnce(): Promise<void> {
    const startedMs = performance.now();
    let pauseMs: number;
    try {
      await renewOrJoin();
      const workers = await store.workers();
      retry.reset();
      const seconds = repeats.over();
      if (seconds !== undefined)
        log.info({ worker: worker.id }, `The lease of this worker is renewed again, after ${seconds} s.`);
      if (rejoined) settlesMs = performance.now() + REJOIN_SETTLE_MS;
      live = performance.now() < settlesMs ? union(live, workers) : workers;
      if (!isStopped) onLive(live, rejoined);
      rejoined = false;
      pauseMs = Math.max(0, BEAT_MS - (performance.now() - startedMs));
    } catch (err) {
      const text =
        err instanceof StoreRefused
          ? 'The store refuses the lease of this worker, which has no vote without it.'
          : 'Cannot renew the lease of this worker: the store is away.';
      const unsaid = isStopped ? undefined : repeats.due(String(err));
      if (unsaid !== undefined) log.warn({ err, unsaid }, text);
      if (err instanceof StoreRefused) refused(err.why);
      pauseMs = retry.pauseMs();
    }
    beatEndedMs = performance.now();
    if (!isStopped) timer = setTimeout(beat, pauseMs);
  }

  function beat(): Promise<void> {
    clearTimeout(timer);
    beating ??= beatOnce().finally(() => {
      beating = undefined;
    });
    return beating;
  }

  void beat();
  return {
    get lease() {
      return lease;
    },
    get term() {
      return term;
    },
    get stay() {
      return stay;
    },
    async confirm() {
      if (performance.now() - beatEndedMs > LEASE_MS && !isStopped) await beat();
    },
    setAbstaining(next, why) {
      if (isAbstaining && !next) stay += 1;
      isAbstaining = next;
      refusal = why;
      if (!isStopped) void beat();
    },
    async rejoin(refused) {
      if (lease?.token === refused.token) lease = undefined;
      if (lease === undefined && !isStopped) await beat();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
    async leave() {
      await beating;
      const left = lease;
      lease = undefined;
      if (left !== undefined) await store.leave(left);
    },
  };
}

function union(before: readonly Worker[], now: readonly Worker[]): Worker[] {
  return [...new Map([...before, ...now].map((each) => [each.id, each])).values()];
}
