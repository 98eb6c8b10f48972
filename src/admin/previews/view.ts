import { parseAddress } from '../../pool/address.ts';
import type { PoolPreview } from '../../pool/preview.ts';
import { goDuration } from '../pools/health-view.ts';

/** What a preview found, by pool. Pools whose probes are not done are missing. Host names end in a dot. */
export function previewView(found: readonly PoolPreview[]) {
  const pools = found.map(({ pool, healthy, isUnknown, endpoints }) => {
    const origins = endpoints.map((endpoint) => ({
      [fullName(endpoint.address)]: {
        healthy: endpoint.healthy,
        rtt: goDuration(endpoint.rttMs),
        failure_reason: endpoint.reason,
        ...(endpoint.detail === undefined ? {} : { failure_detail: endpoint.detail }),
        response_code: endpoint.responseCode,
      },
    }));
    return [pool, { healthy: isUnknown ? undefined : healthy, origins }] as const;
  });
  return Object.fromEntries(pools);
}

function fullName(address: string): string {
  return parseAddress(address).kind === 'name' && !address.endsWith('.') ? `${address}.` : address;
}
