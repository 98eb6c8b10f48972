import type { ApiClient } from './api.ts';
import { LOAD_BALANCERS } from './objects.ts';
import type { PoolShown } from './pools.ts';
import { table } from './print.ts';

/** What the regions say of a pool. */
export interface HealthShown {
  readonly pool_id: string;
  readonly pop_health: Readonly<
    Record<
      string,
      {
        /** Absent: not known. */
        readonly healthy?: boolean;
        readonly origins: readonly Readonly<
          Record<
            string,
            {
              readonly healthy: boolean;
              readonly rtt: string;
              readonly failure_reason: string;
              readonly failure_detail?: string;
              readonly response_code: number;
            }
          >
        >[];
      }
    >
  >;
}

/** What the regions say of a pool. */
export const healthOf = (client: ApiClient, { id }: PoolShown) =>
  client.call<HealthShown>('GET', `${LOAD_BALANCERS}/pools/${id}/health`);

/** What each region says of each endpoint. */
export function healthTable({ pop_health: regions }: HealthShown): string {
  const rows = Object.entries(regions).flatMap(([region, { origins }]) =>
    origins.flatMap((origin) =>
      Object.entries(origin).map(
        ([
          address,
          { healthy, rtt, failure_reason: reason, failure_detail: detail, response_code: code },
        ]) => [region, address, healthy, rtt, reason, code || null, detail],
      ),
    ),
  );
  return table(['region', 'address', 'healthy', 'rtt', 'reason', 'code', 'detail'], rows);
}
