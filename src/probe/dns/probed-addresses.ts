import { ADDRESSES_PROBED_MAX } from '../../check/outcome.ts';
import type { RefuseTarget } from '../../check/targets.ts';
import { parseAddress } from '../../pool/address.ts';

/** Why a host name with addresses, none of which is probed, cannot be checked: an IPv4 address written as IPv6, at best. */
export function unprobeable([address]: readonly string[], refuse: RefuseTarget): string | undefined {
  if (address === undefined) return undefined;
  return refuse(address) ?? `The target ${address} is IPv4 written as IPv6, and is not probed.`;
}

/** Which addresses of a host name are probed, and how many are not. */
export interface Probed {
  readonly addresses: readonly string[];
  readonly unprobed: number;
}

/**
 * Chooses the addresses of a host name that are probed: each once, ADDRESSES_PROBED_MAX at most, of both families in
 * turn, so that neither takes the other's place. Where there are more, the lowest texts: the same ones whatever order a
 * resolver gives, for every worker. Addresses that parseAddress refuses are left out.
 */
export function probedOf(addresses: readonly string[]): Probed {
  const families = { ipv4: new Set<string>(), ipv6: new Set<string>() };
  for (const address of addresses) {
    const { kind, ...parsed } = { canonical: '', ...parseAddress(address) };
    if (kind === 'ipv4' || kind === 'ipv6') families[kind].add(parsed.canonical);
  }
  const count = families.ipv4.size + families.ipv6.size;
  const all = [[...families.ipv4], [...families.ipv6]];
  const queues = count > ADDRESSES_PROBED_MAX ? all.map((queue) => queue.sort()) : all;
  const chosen: string[] = [];
  for (let at = 0; chosen.length < Math.min(count, ADDRESSES_PROBED_MAX); at += 1)
    for (const queue of queues)
      if (at < queue.length && chosen.length < ADDRESSES_PROBED_MAX) chosen.push(queue[at]!);
  return { addresses: chosen, unprobed: count - chosen.length };
}
