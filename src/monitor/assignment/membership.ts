import { createRetry } from '../../check/retry.ts';
import type { Worker } from '../../check/worker.ts';
import { StoreRefused } from '../../store/contract/failure.ts';
import { LEASE_MS, type Lease } from '../../store/contract/workers.ts';
import type { Store } from '../../store/store.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';

/** Time between two renewals of the lease, and two readings of the live workers, milliseconds. */
export const BEAT_MS = 1_000;
/** Shortest and longest pause after a beat that failed, milliseconds; each is twice the one before, and all are shorter than a lease. */
const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 2_000;

/**
 * When this worker's lease had ended, the store was away, and the leases of the others have ended too. For this time
 * they count as live, in which they join again. Otherwise the first one would take over all checks and hand them back.
 */
export const REJOIN_SETTLE_MS = 4_000;

/** Dependencies of startMembership. */
export interface MembershipOptions {
  readonly store: Store;
  readonly worker: Worker;
  readonly log: Logger;
  /** Called after every beat with the live workers. `rejoined`: the lease had ended meanwhile, so others may have taken over. */
  readonly onLive: (workers: readonly Worker[], rejoined: boolean) => void;
  /** Called when the store refuses the lease, with its reason. */
  readonly refused?: (why: string) => void;
}

/** Keeps this worker on the roster, and knows the others. */
export interface Membership {
  /** undefined: not joined yet, or the lease has ended. */
  readonly lease: Lease | undefined;
  /** Number of times that it joined without a lease. Between two of them others may have taken over its checks. */
  readonly term: number;
  /** Its incarnation (check/worker.ts): it rises with each term after the first, and each time that it abstained. */
  readonly incarnation: number;
  /**
   * Resolves once `term` is known to be current, or the store to be away. That is at once, unless no beat ended for as
   * long as a lease lasts, as when this process was paused. Never rejects.
   */
  confirm(): Promise<void>;
  /**
   * Announces with the next beat that this worker abstains, or no longer does. `refusal`: why the store refuses its
   * results, where that is the cause.
   */
  setAbstaining(isAbstaining: boolean, refusal?: string): void;
  /** Joins again after this lease was refused, unless that has happened already. Resolves after the attempt. */
  rejoin(refused: Lease): Promise<void>;
  /** Ends the beating; the lease stays until leave(). */
  stop(): void;
  /** Ends the lease. Throws StoreUnavailable; the lease then ends by itself. */
  leave(): Promise<void>;
}

/** Joins as soon as the store is there, and keeps the lease until stopped. Never throws. */
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
  let incarnation = 0;
  let beatEndedMs = Number.NEGATIVE_INFINITY;
  let isAbstaining = false;
  let refusal: string | undefined;
  /** The current lease says that this worker abstains; a change needs another lease. */
  let leaseAbstains = false;
  /** It joined again and `onLive` was not called yet: the store may go away in between. */
  let rejoined = false;
  const repeats = createRepeats();
  let isStopped = false;
  let live: readonly Worker[] = [];
  let settlesMs = Number.NEGATIVE_INFINITY;
  let beating: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;

  async function renewOrJoin(): Promise<void> {
    const says = isAbstaining;
    const isOtherwise = lease !== undefined && says !== leaseAbstains;
    if (lease !== undefined && !isOtherwise && (await store.renew(lease)) === 'renewed') return;
    lease = undefined;
    if (isStopped) return;
    const next = isOtherwise || term === 0 ? incarnation : incarnation + 1;
    lease = await store.join({
      ...worker,
      ...(says && { isAbstaining: true }),
      ...(says && refusal !== undefined && { refusal }),
      ...(next > 0 && { stay: next }),
    });
    leaseAbstains = says;
    incarnation = Math.max(incarnation, next);
    if (isOtherwise) return;
    rejoined = term > 0;
    term += 1;
    if (rejoined) log.warn({ worker: worker.id }, 'The lease of this worker had ended. It joined again.');
    else log.info({ worker: worker.id, region: worker.region }, 'This worker joined.');
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
    get incarnation() {
      return incarnation;
    },
    async confirm() {
      if (performance.now() - beatEndedMs > LEASE_MS && !isStopped) await beat();
    },
    setAbstaining(next, why) {
      if (isAbstaining && !next) incarnation += 1;
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
