import type { EndpointEvent, PoolEvent } from '../../event/event.ts';
import { parseAddress } from '../../pool/address.ts';
import type { Pool } from '../../pool/pool.ts';
import type { StoredEvent } from '../../store/contract/events.ts';
import { timestamp } from '../schema/timestamp.ts';

/** A transition of a pool or of an endpoint, as it is stored. */
type HealthTransition = Extract<StoredEvent, { kind: 'pool' | 'endpoint' }>;

/** Query parameters of the events of the reference; an event must match all that are given. */
export interface AnalyticsFilter {
  readonly since?: string;
  readonly until?: string;
  readonly origin_healthy?: 'true' | 'false';
  readonly pool_healthy?: 'true' | 'false';
  readonly origin_name?: string;
  readonly pool_name?: string;
  /** Identifier of a pool. */
  readonly identifier?: string;
}

/** What is known of a pool now: the pool, and whether it is healthy; undefined: it is gone. */
type PoolNow = { readonly pool: Pool; readonly healthy: boolean | undefined } | undefined;

/**
 * How much earlier an event may be by its own time than one that was stored before it, milliseconds: the clocks of two nodes that
 * led one after the other may differ.
 */
export const DISORDER_MS = 600_000;

/**
 * Reads the newest events that a client asks for, `max` at most, of `pages` of stored events, newest first. It asks for no further
 * page once it has them all, or has come to what is older than `since`. Rejects as `pages` does.
 */
export async function newestAskedFor(
  pages: AsyncIterable<readonly StoredEvent[]>,
  poolOf: (id: string) => PoolNow,
  filter: AnalyticsFilter,
  max: number,
): Promise<AnalyticsEvent[]> {
  const endMs = filter.since === undefined ? 0 : Date.parse(filter.since) - DISORDER_MS;
  const formatted = createFormat(poolOf);
  const found: AnalyticsEvent[] = [];
  for await (const page of pages)
    for (const event of page) {
      if (event.atMs < endMs) return found;
      if (event.kind !== 'pool' && event.kind !== 'endpoint') continue;
      const shown = formatted(event);
      if (isAskedFor(shown, filter)) found.push(shown);
      if (found.length === max) return found;
    }
  return found;
}

/**
 * Creates what formats transitions, one after the other and newest first, as the reference does. It shows a pool with each change
 * of an endpoint: what the pool was then follows from its own transitions.
 */
function createFormat(poolOf: (id: string) => PoolNow) {
  const healthyAt = new Map<string, boolean>();
  return (event: HealthTransition) => {
    const known = poolOf(event.pool);
    const now = healthyAt.get(event.pool) ?? known?.healthy ?? false;
    const healthy = event.kind === 'pool' ? isWell(event.now) : now;
    if (event.kind === 'pool') healthyAt.set(event.pool, isWell(event.was));
    return {
      id: numberOf(event.cursor),
      timestamp: timestamp(event.atMs),
      pool: {
        id: event.pool,
        name: event.poolName,
        healthy,
        changed: event.kind === 'pool',
        minimum_origins: known?.pool.minimumOrigins ?? 0,
      },
      origins: event.kind === 'endpoint' ? [originOf(event)] : [],
    };
  };
}
/** An event of the reference. */
export type AnalyticsEvent = ReturnType<ReturnType<typeof createFormat>>;

/** Whether an event of the reference is one that a client asks for. */
function isAskedFor({ timestamp: at, pool, origins }: AnalyticsEvent, filter: AnalyticsFilter): boolean {
  const {
    since,
    until,
    origin_name: name,
    origin_healthy: originHealthy,
    pool_healthy: poolHealthy,
  } = filter;
  return (
    (since === undefined || Date.parse(at) >= Date.parse(since)) &&
    (until === undefined || Date.parse(at) <= Date.parse(until)) &&
    (poolHealthy === undefined || pool.healthy === (poolHealthy === 'true')) &&
    (filter.pool_name === undefined || pool.name === filter.pool_name) &&
    (filter.identifier === undefined || pool.id === filter.identifier) &&
    (name === undefined || origins.some((origin) => origin.name === name)) &&
    (originHealthy === undefined || origins.some(({ healthy }) => healthy === (originHealthy === 'true')))
  );
}

function originOf({ endpoint, address = '', now, reason }: EndpointEvent) {
  const { kind } = parseAddress(address);
  return {
    name: endpoint,
    address,
    ip: kind === 'ipv4' || kind === 'ipv6' ? address : '',
    enabled: now !== 'disabled',
    healthy: isWell(now),
    failure_reason: isWell(now) ? 'No failures' : reason,
    changed: true,
  };
}

function isWell(standing: EndpointEvent['now'] | PoolEvent['now'] | PoolEvent['was']): boolean {
  return standing === 'healthy' || standing === 'unmonitored';
}

/** Sequence numbers of a millisecond that the number of an event tells apart. */
const IN_MILLISECOND = 1_000;

/** The number of an event: a cursor is one, or a time in milliseconds and a sequence number. */
function numberOf(cursor: string): number {
  const [first = '0', sequence] = cursor.split('-');
  return sequence === undefined ? Number(first) : Number(first) * IN_MILLISECOND + Number(sequence);
}
