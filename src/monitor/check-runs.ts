import type { Check, CheckKey } from '../check/check.ts';
import type { Outcome } from '../check/outcome.ts';
import type { Worker } from '../check/worker.ts';
import { createLatency, type Latency } from '../telemetry/latency.ts';
import { createRepeats } from '../telemetry/repeats.ts';
import type { Abstention } from './abstention.ts';
import type { AssignedChecks } from './assignment/assigned-checks.ts';
import type { CheckIndex } from './assignment/check-index.ts';
import type { Membership } from './assignment/membership.ts';
import { createCertificateWarnings } from './certificate-warnings.ts';
import { conclude, unable } from './conclusion.ts';
import { knownAddresses, lookupSecondsOf } from './expectation.ts';
import type { Logger } from './logger.ts';
import { createOwnVotes } from './own-votes.ts';
import type { ResultPublisher } from './publish/publish.ts';
import type { References } from './references.ts';
import type { Probe } from './schedule/own-probe.ts';

/** The log line for each change of health that this worker finds. */
export const HEALTH_CHANGED = 'The health of an endpoint changed.';
const NO_RESULT = 'no result for too long: the probe does not end, or too many others are waiting';

/** Dependencies and settings of createCheckRuns. */
export interface CheckRunsOptions {
  readonly worker: Worker;
  readonly index: Pick<CheckIndex, 'get'>;
  readonly log: Logger;
  readonly probe: Probe;
  readonly membership: Pick<Membership, 'incarnation' | 'confirm'>;
  readonly abstention: Pick<Abstention, 'isCutOff'>;
  readonly references: Pick<References, 'afresh'>;
  readonly assignedChecks: Pick<AssignedChecks, 'before' | 'has' | 'record'>;
  readonly publisher: Pick<ResultPublisher, 'put' | 'add'>;
  /** Days before the end of a certificate from which on it is warned of; 0: never. */
  readonly certificateWarningDays: number;
  /** true: publishes at once when results begin to contradict an endpoint's health. */
  readonly publishesContradictions: boolean | undefined;
  /** Milliseconds since the epoch. */
  readonly epochMs: () => number;
  /** The clock of the schedule, milliseconds. */
  readonly gridMs: () => number;
}

/** Runs the checks of a worker, and publishes the results. */
export interface CheckRuns {
  /** Notes that a check is due, whether it can begin now or not. */
  due(key: CheckKey, dueMs: number): void;
  /** Runs a check to its end. Never rejects. `signal`: gives it up. */
  run(key: CheckKey, signal: AbortSignal): Promise<void>;
  forget(key: CheckKey): void;
  /** How much later than due checks began. */
  readonly late: Latency['reading'];
  /** Number of times that this machine could not run a check. */
  readonly faults: number;
}

/** Creates the runs of a worker, of which there was none yet. */
export function createCheckRuns(options: CheckRunsOptions): CheckRuns {
  const { worker, index, log, probe, membership, abstention, references } = options;
  const { assignedChecks, publisher, epochMs, gridMs } = options;
  const votes = createOwnVotes();
  const certificateWarnings = createCertificateWarnings(options.certificateWarningDays, log);
  /** Since when checks that did not begin are due; of skipped times, the first. */
  const dueSince = new Map<CheckKey, number>();
  const late = createLatency();
  let faults = 0;
  const repeats = createRepeats();

  /** Returns this worker in its current incarnation. */
  const workerNow = (): Worker => ({ ...worker, stay: membership.incarnation });

  const concluded = (check: Check, outcome: Outcome) =>
    conclude(
      check,
      outcome,
      assignedChecks.before(check.key),
      workerNow(),
      epochMs(),
      options.publishesContradictions,
    );

  /** Runs a check once. Returns false where the outcome must be discarded, since other workers may have had the check meanwhile. */
  async function runOnce(key: CheckKey, signal: AbortSignal): Promise<boolean> {
    const check = index.get(key);
    if (check === undefined) return true;
    const { incarnation } = membership;
    try {
      const outcome = await probe(check, signal, knownAddresses(assignedChecks.before(key)));
      votes.ended(key);
      // The monitor was edited meanwhile, and the schedule has made the check due again.
      if (abstention.isCutOff || index.get(key)?.monitor.modifiedOn !== check.monitor.modifiedOn) return true;
      // Before an endpoint becomes unhealthy, the worker makes sure that its own network works.
      if (turnsUnhealthy(check, outcome)) await references.afresh();
      await membership.confirm();
      if (signal.aborted || abstention.isCutOff || !assignedChecks.has(key)) return true;
      if (membership.incarnation !== incarnation) return false;
      votes.taken(key);
      take(index.get(key) ?? check, outcome);
    } catch (err) {
      if (!signal.aborted) noteFault(check, err);
    } finally {
      votes.settled(key);
    }
    return true;
  }

  function turnsUnhealthy(check: Check, outcome: Outcome): boolean {
    if (outcome.ok || assignedChecks.before(check.key)?.healthy === false) return false;
    return !concluded(check, outcome).observation.healthy;
  }

  function take(check: Check, outcome: Outcome): void {
    const { observation, changed, events } = concluded(check, outcome);
    publisher.put(observation, changed, assignedChecks.record(observation));
    publisher.add(events);
    certificateWarnings.take(check, outcome, observation.atMs);
    const { region } = worker;
    for (const { poolName: pool, endpoint, address, resolved, monitor, was, now: is, reason } of events)
      log.info({ pool, endpoint, address, resolved, monitor, was, now: is, reason, region }, HEALTH_CHANGED);
  }

  function noteFault(check: Check, err: unknown): void {
    const { key, address } = check;
    faults++;
    giveUpVote(check, votes.failed(key), err instanceof Error ? err.message : String(err));
    const unsaid = repeats.due(String(err));
    if (unsaid !== undefined)
      log.error({ err, address, faults, unsaid }, 'Cannot run a check. Its endpoint keeps its last health.');
  }

  /**
   * Publishes that this worker has no vote on a check: at the first fault where there is no observation yet, so that the
   * reason is seen; else only where `isHopeless`. Returns true when it did.
   */
  function giveUpVote(check: Check, isHopeless: boolean, fault: string): boolean {
    if (abstention.isCutOff || !assignedChecks.has(check.key)) return false;
    const before = assignedChecks.before(check.key);
    const isOwn = before?.worker === worker.id;
    if (before !== undefined && (!isHopeless || (isOwn && before.fault !== undefined))) return false;
    const observation = unable(index.get(check.key) ?? check, fault, before, workerNow(), epochMs());
    publisher.put(observation, true, assignedChecks.record(observation));
    return true;
  }

  return {
    due(key, dueMs) {
      if (!dueSince.has(key)) dueSince.set(key, dueMs);
      const check = index.get(key);
      if (check === undefined || !votes.due(key, check.monitor, lookupSecondsOf(check))) return;
      if (!giveUpVote(check, true, NO_RESULT)) return;
      const unsaid = repeats.due(NO_RESULT);
      if (unsaid !== undefined)
        log.error(
          { address: check.address, unsaid },
          'A check had no result for too long. Its endpoint keeps its last health.',
        );
    },
    async run(key, signal) {
      const dueMs = dueSince.get(key);
      if (dueMs !== undefined && dueSince.delete(key)) late.add(gridMs() - dueMs);
      for (let isTaken = false; !isTaken; ) isTaken = await runOnce(key, signal);
    },
    forget(key) {
      dueSince.delete(key);
      votes.forget(key);
    },
    get late() {
      return late.reading;
    },
    get faults() {
      return faults;
    },
  };
}
