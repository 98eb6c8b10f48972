import { isIP, type LookupFunction } from 'node:net';
import type { RefuseTarget } from '../check/targets.ts';
import type { Resolve } from '../probe/dns/resolve.ts';

/** Nothing may be sent to any address of a receiver. Its message is a sentence that may be shown. */
export class TargetDenied extends Error {
  override readonly name = 'TargetDenied';
}

/** Throws TargetDenied for an address that nothing may be sent to. A name is passed: it is judged when it is looked up. */
export function refuseAddress(host: string, refuse: RefuseTarget): void {
  const refusal = isIP(host) === 0 ? undefined : refuse(host);
  if (refusal !== undefined) throw new TargetDenied(refusal);
}

/**
 * Looks a name up as dns.lookup does, but ends with the signal, takes none of its few threads, which others need, and gives only
 * addresses that something may be sent to: what is judged is what is connected to. Nobody looks up an address.
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
