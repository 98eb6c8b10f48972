import { isIP, type LookupFunction } from 'node:net';
import type { RefuseTarget } from '../check/targets.ts';
import type { Resolve } from '../probe/dns/resolve.ts';

/** Every address of a receiver is denied. The message is a sentence that may be shown. */
export class TargetDenied extends Error {
  override readonly name = 'TargetDenied';
}

/** Throws TargetDenied for a denied address. A name passes: its addresses are judged at the look-up. */
export function refuseAddress(host: string, refuse: RefuseTarget): void {
  const refusal = isIP(host) === 0 ? undefined : refuse(host);
  if (refusal !== undefined) throw new TargetDenied(refusal);
}

/**
 * Creates a look-up like dns.lookup that ends with the signal, takes none of libuv's few threads, and returns only
 * allowed addresses, so that the judged address is the one that is connected to.
 */
export function allowedLookup(resolve: Resolve, refuse: RefuseTarget, signal: AbortSignal): LookupFunction {
  return (name, options, callback) => {
    resolve(name, signal).then(
      ({ addresses }) => {
        const allowed = addresses.filter((address) => refuse(address) === undefined);
        const found = allowed.map((address) => ({ address, family: isIP(address) }));
        if (addresses.length > 0 && found.length === 0) callback(new TargetDenied(refuse(addresses[0]!)), '');
        else if (found.length === 0)
          callback(Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' }), '');
        else if (options.all) callback(null, found);
        else callback(null, found[0]!.address, found[0]!.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}
