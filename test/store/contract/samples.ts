import type { CheckKey } from '../../../src/check/check.ts';
import type { Monitor } from '../../../src/check/monitor.ts';
import type { MonitorGroup } from '../../../src/check/monitor-group.ts';
import type { Worker } from '../../../src/check/worker.ts';
import type { AuditEvent, HealthEvent } from '../../../src/event/event.ts';
import type { NodeStatus } from '../../../src/event/node-status.ts';
import type { Observation } from '../../../src/health/observation.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import type { Override } from '../../../src/pool/override.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import type { Token } from '../../../src/pool/token.ts';
import type { Kind, Ref, Write } from '../../../src/store/contract/documents.ts';
import type { StoredEvent } from '../../../src/store/contract/events.ts';
import type { Publication } from '../../../src/store/contract/observations.ts';
import type { Store } from '../../../src/store/store.ts';
import type { AuthoredZone } from '../../../src/zone/authored-zone.ts';
import type { DnsRecord } from '../../../src/zone/dns-record.ts';

/** A pool of one endpoint, with what is given over it. */
export function pool(id: string, over: Partial<Pool> = {}): Pool {
  return {
    id,
    name: id,
    description: '',
    enabled: true,
    minimumOrigins: 1,
    notificationEmail: '',
    endpoints: [{ name: 'a', address: '192.0.2.1', enabled: true, weight: 1, flattenCname: false }],
    createdOn: '2026-01-01T00:00:00.000000Z',
    modifiedOn: '2026-01-01T00:00:00.000000Z',
    ...over,
  };
}

export function monitor(id: string, over: Partial<Monitor> = {}): Monitor {
  return {
    id,
    type: 'http',
    description: '',
    intervalSeconds: 60,
    timeoutSeconds: 5,
    retries: 2,
    method: 'GET',
    path: '/',
    expectedBody: '',
    followRedirects: false,
    allowInsecure: false,
    probeZone: '',
    createdOn: '2026-01-01T00:00:00.000000Z',
    modifiedOn: '2026-01-01T00:00:00.000000Z',
    ...over,
  };
}

export function zone(id: string, over: Partial<AuthoredZone> = {}): AuthoredZone {
  return {
    id,
    name: `${id}.example.org`,
    type: 'full',
    paused: false,
    settings: { ns: [{ name: 'ns1.example.net' }], pools: 'pools' },
    createdOn: '2026-01-01T00:00:00.000000Z',
    modifiedOn: '2026-01-01T00:00:00.000000Z',
    ...over,
  };
}

/** A record of an address in a zone of the configuration file, with what is given over it. */
export function dnsRecord(id: string, over: Partial<DnsRecord> = {}): DnsRecord {
  return {
    id,
    zoneName: 'example.org',
    name: 'www.example.org',
    type: 'A',
    content: '192.0.2.1',
    ttl: 300,
    proxied: false,
    tags: [],
    createdOn: '2026-01-01T00:00:00.000000Z',
    modifiedOn: '2026-01-01T00:00:00.000000Z',
    ...over,
  };
}

/** A load balancer of one pool, `p`, with what is given over it. */
export function loadBalancer(id: string, over: Partial<LoadBalancer> = {}): LoadBalancer {
  return {
    id,
    name: `${id}.example.org`,
    zoneName: 'example.org',
    description: '',
    enabled: true,
    proxied: false,
    defaultPools: ['p'],
    fallbackPool: 'p',
    steeringPolicy: '',
    createdOn: '2026-01-01T00:00:00.000000Z',
    modifiedOn: '2026-01-01T00:00:00.000000Z',
    ...over,
  };
}

interface Claims {
  readonly unique?: readonly string[];
  readonly references?: readonly (Ref & { readonly ifRevision?: number })[];
  readonly ifRevision?: number;
  readonly ifReferrers?: { readonly kind: Kind; readonly ids: readonly string[] };
}

export function putPool(id: string, claims: Claims = {}, over: Partial<Pool> = {}): Write {
  return { op: 'put', kind: 'pool', id, value: pool(id, over), unique: [], references: [], ...claims };
}

export function putMonitor(id: string, claims: Claims = {}, over: Partial<Monitor> = {}): Write {
  return { op: 'put', kind: 'monitor', id, value: monitor(id, over), unique: [], references: [], ...claims };
}

export function putLoadBalancer(id: string, over: Partial<LoadBalancer> = {}): Write {
  const value = loadBalancer(id, over);
  return { op: 'put', kind: 'load_balancer', id, value, unique: [], references: [] };
}

export function putZone(id: string): Write {
  return { op: 'put', kind: 'zone', id, value: zone(id), unique: [], references: [] };
}

export function remove(kind: Kind, id: string, ifRevision?: number): Extract<Write, { op: 'delete' }> {
  return { op: 'delete', kind, id, ...(ifRevision === undefined ? {} : { ifRevision }) };
}

export function group(id: string, over: Partial<MonitorGroup> = {}): MonitorGroup {
  return { id, description: '', members: [], createdOn: '', modifiedOn: '', ...over };
}

/** An override of a pool that puts it out. */
export function override(id: string, over: Partial<Override> = {}): Override {
  return { id, pool: 'p', action: 'out', owner: 'ann', reason: 'disk', createdOn: '', ...over };
}

export function observation(check: string, over: Partial<Observation> = {}): Observation {
  return {
    check: check as CheckKey,
    region: 'eu',
    worker: 'w1',
    reason: 'No failures',
    responseCode: 200,
    rttMs: 12.5,
    atMs: 1_700_000_000_000,
    healthy: true,
    lastOk: true,
    streak: 1,
    sinceMs: 1_700_000_000_000,
    ...over,
  };
}

export function event(endpoint: string): HealthEvent {
  return {
    kind: 'health',
    pool: 'p',
    poolName: 'p',
    endpoint,
    address: '192.0.2.1',
    monitor: 'm',
    was: 'healthy',
    now: 'unhealthy',
    reason: 'HTTP timeout occurred',
    region: 'eu',
    worker: 'w1',
    atMs: 1_700_000_000_000,
  };
}

/** Attempts to publish before a test gives up. */
const PUBLISH_ATTEMPTS = 10;

/** Publishes under a lease taken for it: a busy machine may take longer for a whole test than a lease lasts. */
export async function publish(store: Store, publication: Partial<Publication>): Promise<void> {
  // A large publication may take longer too; nothing is written then.
  for (let attempt = 1; ; attempt += 1) {
    const lease = await store.join(worker('w1'));
    const answer = await store.publish(lease, { put: [], drop: [], events: [], ...publication });
    if (answer === 'published') return;
    if (attempt === PUBLISH_ATTEMPTS) throw new Error(answer);
  }
}

/** Of health events the endpoints, in their order. */
export function endpointsOf(events: readonly StoredEvent[]): (string | undefined)[] {
  return events.map((event) => (event.kind === 'health' ? event.endpoint : undefined));
}

export function token(id: string, over: Partial<Token> = {}): Token {
  return {
    id,
    name: id,
    hash: '0'.repeat(64),
    scope: 'read',
    createdOn: '2026-01-01T00:00:00.000000Z',
    modifiedOn: '2026-01-01T00:00:00.000000Z',
    ...over,
  };
}

export function node(id: string): NodeStatus {
  return {
    id,
    host: 'ü "x"',
    dns: ['127.0.0.1:5300'],
    api: 'http://127.0.0.1:5380',
    revision: 3,
    generation: 7,
    isConnected: true,
    staleChecks: 0,
    staleMs: 0,
    startedAtMs: 1_700_000_000_000,
  };
}

export function audit(name: string): AuditEvent {
  return {
    kind: 'audit',
    token: 'bootstrap',
    method: 'PUT',
    object: { kind: 'pool', id: 'p', name },
    before: null,
    after: { name },
    atMs: 1_700_000_000_000,
  };
}

export function worker(id: string): Worker {
  return { id, region: 'eu', startedAtMs: 1_700_000_000_000 };
}
