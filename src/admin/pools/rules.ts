import type { RefuseTarget } from '../../check/targets.ts';
import { parseAddress } from '../../pool/address.ts';
import { memberPointer, type Problem } from '../http/problem.ts';
import { ENDPOINTS_MAX } from './schema.ts';

/**
 * Checks the rules of a pool that concern several fields. Other code checks single fields; wrong ones, and endpoints beyond
 * ENDPOINTS_MAX, are ignored here.
 */
export function poolProblems(body: Readonly<Record<string, unknown>>): Problem[] {
  return [
    ...sharedAmongOrigins(body.origins),
    ...halfPlaces(body),
    ...monitorAndGroup(body),
    ...healthSources(body),
  ];
}

/** Finds endpoints with a denied address. The addresses of a host name are checked by the workers. */
export function deniedTargets(
  { origins }: Readonly<Record<string, unknown>>,
  refuseTarget: RefuseTarget,
): Problem[] {
  if (!Array.isArray(origins)) return [];
  return origins.slice(0, ENDPOINTS_MAX).flatMap((origin: unknown, index) => {
    const { address } = (origin ?? {}) as { address?: unknown };
    if (typeof address !== 'string') return [];
    const { kind } = parseAddress(address);
    const refusal = kind === 'ipv4' || kind === 'ipv6' ? refuseTarget(address) : undefined;
    if (refusal === undefined) return [];
    const pointer = memberPointer(memberPointer('/origins', index), 'address');
    return [{ pointer, rule: `must not be checked. ${refusal}` }];
  });
}

/** Finds endpoint names that differ only in case, and equal addresses. */
function sharedAmongOrigins(origins: unknown): Problem[] {
  if (!Array.isArray(origins)) return [];
  const names = new Map<string, number>();
  const addresses = new Map<string, number>();
  return origins.slice(0, ENDPOINTS_MAX).flatMap((origin: unknown, index) => {
    if (typeof origin !== 'object' || origin === null) return [];
    const { name, address } = origin as { name?: unknown; address?: unknown };
    const found: Problem[] = [];
    if (typeof name === 'string') {
      const first = firstOf(names, name.toLowerCase(), index);
      if (first !== index) found.push(taken(index, 'name', first));
    }
    const parsed = typeof address === 'string' ? parseAddress(address) : undefined;
    if (parsed !== undefined && parsed.kind !== 'refused') {
      const first = firstOf(addresses, parsed.canonical, index);
      if (first !== index) found.push(taken(index, 'address', first));
    }
    return found;
  });
}

function firstOf(seen: Map<string, number>, key: string, index: number): number {
  const first = seen.get(key);
  if (first !== undefined) return first;
  seen.set(key, index);
  return index;
}

function taken(index: number, field: 'name' | 'address', first: number): Problem {
  return {
    pointer: memberPointer(memberPointer('/origins', index), field),
    rule: `is the same as that of origins[${first}]`,
  };
}

function halfPlaces({ latitude = null, longitude = null }: Readonly<Record<string, unknown>>): Problem[] {
  if ((latitude === null) === (longitude === null)) return [];
  const missing = latitude === null ? 'latitude' : 'longitude';
  const given = latitude === null ? 'longitude' : 'latitude';
  return [{ pointer: memberPointer('', missing), rule: `must be given together with ${given}` }];
}

function monitorAndGroup({ monitor, monitor_group: group }: Readonly<Record<string, unknown>>): Problem[] {
  if (!monitor || !group) return [];
  return [{ pointer: '/monitor_group', rule: 'must not be given together with monitor' }];
}

function healthSources(body: Readonly<Record<string, unknown>>): Problem[] {
  const { health_sources: sources, check_regions: regions } = body;
  if (!Array.isArray(sources)) return [];
  const pointer = '/health_sources';
  if (sources.length !== 2 || sources[0] !== 'regional' || sources[1] !== 'global')
    return [{ pointer, rule: 'must be null or exactly ["regional", "global"]' }];
  if (Array.isArray(regions) && regions.length > 0) return [];
  return [{ pointer, rule: 'needs at least one region in check_regions' }];
}
