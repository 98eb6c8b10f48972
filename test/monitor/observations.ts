import type { CheckKey } from '../../src/check/check.ts';
import type { HealthEvent } from '../../src/event/event.ts';
import type { Observation } from '../../src/health/observation.ts';

export const WORKER = { id: 'w1', region: 'eu', startedAtMs: 0 };

export function makeObservation(fields: Partial<Observation> = {}): Observation {
  return {
    check: 'check 1' as CheckKey,
    region: WORKER.region,
    worker: WORKER.id,
    healthy: true,
    lastOk: true,
    streak: 1,
    sinceMs: 1_000,
    reason: 'No failures',
    responseCode: 200,
    rttMs: 1,
    atMs: 1_000,
    ...fields,
  };
}

export function makeEvent(fields: Partial<HealthEvent> = {}): HealthEvent {
  return {
    kind: 'health',
    pool: '17b5962d775c646f3f9725cbc7a53df4',
    poolName: 'web',
    endpoint: 'one',
    address: '192.0.2.1',
    monitor: 'f1aba936b94213e5b8dca0c0dbf1f9cc',
    was: 'unknown',
    now: 'healthy',
    reason: 'No failures',
    region: WORKER.region,
    worker: WORKER.id,
    atMs: 1_000,
    ...fields,
  };
}
