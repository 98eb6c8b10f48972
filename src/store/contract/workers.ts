import type { Worker } from '../../check/worker.ts';

/** A worker's right to publish. It ends when it is not renewed for LEASE_MS. */
export interface Lease {
  readonly worker: Worker;
  /** Number of this lease; a later lease of anyone has a higher one. */
  readonly token: number;
}

/** A worker that does not renew its lease for this time is no longer live, and its writes are refused. */
export const LEASE_MS = 3_000;

/** Knows which workers are live, by their leases. */
export interface WorkerStore {
  /** Makes a worker live; an earlier lease of the same worker ends. */
  join(worker: Worker): Promise<Lease>;
  /** `lost` when the lease has ended: join again. */
  renew(lease: Lease): Promise<'renewed' | 'lost'>;
  /** Ends a lease now; harmless when it has ended. */
  leave(lease: Lease): Promise<void>;
  /** Live workers by the store's own clock, in order of their ids. */
  workers(): Promise<readonly Worker[]>;
}
