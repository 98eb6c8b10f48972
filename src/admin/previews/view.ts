import type { AddressPreview, PoolPreview } from '../../check/preview.ts';
import { parseAddress } from '../../pool/address.ts';
import type { AddressHealth } from '../health-source.ts';
import { resultOf } from '../pools/health-view.ts';

/** Formats the results of a preview by pool. Pools with unfinished probes are missing. Host names end in a dot. */
export function previewView(found: readonly PoolPreview[]) {
  const pools = found.map(({ pool, healthy, isUnknown, endpoints }) => {
    const origins = endpoints.map((endpoint) => ({
      [fullName(endpoint.address)]: {
        ...resultOf(toldOf(endpoint)),
        ...(endpoint.addresses && {
          addresses: endpoint.addresses.map((each) => ({ address: each.address, ...resultOf(toldOf(each)) })),
        }),
      },
    }));
    return [pool, { healthy: isUnknown ? undefined : healthy, origins }] as const;
  });
  return Object.fromEntries(pools);
}

function toldOf({ reason, detail, ...others }: AddressPreview): AddressHealth {
  return { ...others, failureReason: reason, ...(detail === undefined ? {} : { failureDetail: detail }) };
}

function fullName(address: string): string {
  return parseAddress(address).kind === 'name' && !address.endsWith('.') ? `${address}.` : address;
}
