import type { Worker } from '../../../src/check/worker.ts';
import { LEASE_MS, type Lease } from '../../../src/store/contract/workers.ts';
import type { Witness } from '../world/link.ts';

/** Leases as an onlooker counts them, without the store's own code. */
export interface LeaseBook {
  readonly witness: Witness;
  /** Publications refused so far, because the lease had ended. */
  readonly fenced: number;
  readonly published: number;
}

/** Tells `fault` of every write that a worker without a lease got through. `now` is of the store's clock. */
export function createLeaseBook(now: () => number, fault: (error: unknown) => void): LeaseBook {
  const held = new Map<string, { token: number; renewedMs: number }>();
  let fenced = 0;
  let published = 0;
  return {
    get fenced() {
      return fenced;
    },
    get published() {
      return published;
    },
    witness(method, args) {
      const lease = args[0] as Lease;
      const known = held.get((args[0] as Worker | undefined)?.id ?? lease?.worker?.id);
      const isHeld =
        known?.token === lease?.token && known !== undefined && now() - known.renewedMs < LEASE_MS;
      return (result) => {
        switch (method) {
          case 'join':
            held.set((args[0] as Worker).id, { token: (result as Lease).token, renewedMs: now() });
            return;
          case 'renew':
            if (result === 'renewed') held.set(lease.worker.id, { token: lease.token, renewedMs: now() });
            return;
          case 'leave':
            if (isHeld) held.delete(lease.worker.id);
            return;
          case 'publish':
            if (result === 'fenced') fenced++;
            else published++;
            if (result === 'published' && !isHeld)
              fault(new Error(`worker ${lease.worker.id} wrote with lease ${lease.token}, which had ended`));
            return;
          default:
            return;
        }
      };
    },
  };
}
