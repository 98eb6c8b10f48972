import type { Worker } from '../../check/worker.ts';
import { LEASE_MS, type Lease } from '../contract/workers.ts';

/** The leases of this process's workers. They live in memory: a worker of the embedded store dies with the store. */
export interface Leases {
  grant(worker: Worker, token: number): Lease;
  /** Whether the lease is the worker's newest and has not run out. */
  isCurrent(lease: Lease): boolean;
  /** Makes a current lease last LEASE_MS from now; false when it is not current. */
  extend(lease: Lease): boolean;
  end(lease: Lease): void;
  live(): Worker[];
}

/** `now` is in milliseconds from any fixed point, and must not jump. */
export function createLeases(monotonicMs: () => number): Leases {
  const held = new Map<string, { worker: Worker; token: number; endsAtMs: number }>();
  const forgetEnded = () => {
    const at = monotonicMs();
    for (const [id, lease] of held) if (lease.endsAtMs <= at) held.delete(id);
  };
  const isCurrent = (lease: Lease) => {
    forgetEnded();
    return held.get(lease.worker.id)?.token === lease.token;
  };
  const hold = ({ worker, token }: Lease) =>
    void held.set(worker.id, { worker, token, endsAtMs: monotonicMs() + LEASE_MS });
  return {
    grant: (worker, token) => {
      forgetEnded();
      hold({ worker, token });
      return { worker, token };
    },
    isCurrent,
    extend: (lease) => {
      const current = isCurrent(lease);
      if (current) hold(lease);
      return current;
    },
    end: (lease) => {
      if (isCurrent(lease)) held.delete(lease.worker.id);
    },
    live: () => {
      forgetEnded();
      return [...held.values()]
        .map(({ worker }) => worker)
        .sort((a, b) => Buffer.compare(Buffer.from(a.id), Buffer.from(b.id)));
    },
  };
}
