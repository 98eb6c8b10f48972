import { formatName, type WireName } from '../../dns/name.ts';
import { createRepeats, type Repeats } from '../../telemetry/repeats.ts';
import type { LeftOut } from '../../zone/authoring/records-at-name.ts';
import type { Logger } from '../logger.ts';

/** Maximum of pools that are logged by name. Of more one line says that there are more. */
export const UNPUBLISHED_LOGGED_MAX = 20;

/** Logs pools whose answers cannot be updated, seldom while it lasts, and when each can be updated again. */
export interface UnpublishedLog {
  failed(pool: string, err: unknown): void;
  /** Notes that the answer of a pool was updated. */
  updated(pool: string): void;
}

/** Creates what logs load balancers that cannot be laid out, by their names: each reason seldom while it lasts. */
export function createUnlaidLog(
  log: Pick<Logger, 'error'>,
  monotonicMs: () => number = () => performance.now(),
): (loadBalancer: string, err: unknown) => void {
  const repeats = createRepeats(monotonicMs);
  return (loadBalancer, err) => {
    const unsaid = repeats.due(`${loadBalancer}: ${err}`);
    if (unsaid === undefined) return;
    log.error({ loadBalancer, err, unsaid }, 'Cannot answer for a load balancer: it cannot be laid out.');
  };
}

/** Creates what logs records of the store that are not answered because they break a rule: each seldom while it lasts, and few at a time. */
export function createLeftOutLog(
  log: Pick<Logger, 'error'>,
  monotonicMs: () => number = () => performance.now(),
): (leftOut: LeftOut) => void {
  const repeats = createRepeats(monotonicMs);
  return ({ record: { id, value }, message }) => {
    const unsaid = repeats.due(`${id}: ${message}`);
    if (unsaid === undefined) return;
    const { name, type } = value;
    const text =
      'A record of the store breaks a rule and is not answered. All other records of its name are.';
    log.error({ record: id, name, type, why: message, unsaid }, text);
  };
}

/** Creates what logs names for whose answers the table has no room: each reason with the first of its names, seldom while it lasts. */
export function createUnwrittenLog(
  log: Pick<Logger, 'error'>,
  monotonicMs: () => number = () => performance.now(),
): (name: WireName, err: unknown) => void {
  const repeats = createRepeats(monotonicMs);
  return (name, err) => {
    const unsaid = repeats.due(String(err));
    if (unsaid === undefined) return;
    const text = 'Cannot write the answer of a name. The previous answer stays.';
    log.error({ name: formatName(name), err, unsaid }, text);
  };
}

/** Creates the log. `monotonicMs`: a clock that never jumps. */
export function createUnpublishedLog(
  log: Logger,
  monotonicMs: () => number = () => performance.now(),
): UnpublishedLog {
  const failing = new Map<string, Repeats>();
  const others = createRepeats(monotonicMs);
  return {
    failed(pool, err) {
      const known =
        failing.get(pool) ?? (failing.size < UNPUBLISHED_LOGGED_MAX ? createRepeats(monotonicMs) : undefined);
      if (known !== undefined) failing.set(pool, known);
      const unsaid = (known ?? others).due(String(err));
      if (unsaid === undefined) return;
      log.error(
        { err, pool, unsaid },
        `Cannot update the answer of pool "${pool}". The previous answer stays.`,
      );
    },
    updated(pool) {
      if (failing.size === 0) return;
      const seconds = failing.get(pool)?.over();
      failing.delete(pool);
      if (seconds !== undefined)
        log.info({ pool }, `The answer of pool "${pool}" is updated again, after ${seconds} s.`);
    },
  };
}
