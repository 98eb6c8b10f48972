import type { Pool } from '../../../src/pool/pool.ts';
import { addressesOf, label } from '../names.ts';

const AT = '2026-01-01T00:00:00.000000Z';

/** Pool `i` (names.ts) as Lifeguard keeps it: unmonitored, so that all members are in whatever runs beside it. */
export function lifeguardPool(i: number): Pool {
  return {
    id: String(i).padStart(32, '0'),
    name: label(i),
    description: '',
    enabled: true,
    minimumOrigins: 1,
    notificationEmail: '',
    endpoints: addressesOf(i).map((address, k) => ({
      name: `e${k}`,
      address,
      enabled: true,
      weight: 1,
      flattenCname: false,
    })),
    createdOn: AT,
    modifiedOn: AT,
  };
}
