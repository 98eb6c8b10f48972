import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { expect, onTestFinished, test } from 'vitest';
import { HEADER_OCTETS_MAX } from '../../../src/admin/http/client-error.ts';
import { startMetricsListener } from '../../../src/admin/metrics/metrics-listener.ts';
import { createLatency } from '../../../src/telemetry/latency.ts';
import { createWorkerMetrics } from '../../../src/telemetry/metrics.ts';
import { programVersion } from '../../../src/telemetry/version.ts';
import { samplesOf } from '../../support/server/prometheus.ts';

async function start() {
  const late = createLatency();
  late.add(3);
  const listener = await startMetricsListener({
    listen: { address: '127.0.0.1', port: 0 },
    metrics: createWorkerMetrics(() => ({
      isMember: true,
      held: 4,
      inFlight: 0,
      waiting: 0,
      skipped: 0,
      late: late.reading,
      faults: 0,
      published: 0,
      publishFailures: 0,
      refusal: undefined,
    })),
  });
  return listener;
}

test('the listener serves the metrics of a worker, and none of a node', async () => {
  const listener = await start();
  onTestFinished(() => listener.stop());
  const answer = await fetch(`${listener.url}/metrics`);
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  const samples = samplesOf(await answer.text());
  expect(Object.fromEntries(samples)).toMatchObject({
    [`lifeguard_build_info{version="${programVersion()}",node="${process.versions.node}"}`]: 1,
    lifeguard_worker_member: 1,
    'lifeguard_worker_checks{state="held"}': 4,
    'lifeguard_worker_check_late_seconds_bucket{le="0.0025"}': 0,
    'lifeguard_worker_check_late_seconds_bucket{le="0.005"}': 1,
    lifeguard_worker_check_late_seconds_count: 1,
  });
  expect(samples.has('lifeguard_ready')).toBe(false);
  expect(samples.has('process_resident_memory_bytes')).toBe(true);
});

test.each([
  { method: 'GET', path: '/livez', status: 200 },
  { method: 'GET', path: '/metrics?x=1', status: 200 },
  { method: 'POST', path: '/metrics', status: 405 },
  { method: 'DELETE', path: '/livez', status: 405 },
  { method: 'GET', path: '/', status: 404 },
  { method: 'GET', path: '/client/v4/user', status: 404 },
  { method: 'GET', path: `/${'x'.repeat(HEADER_OCTETS_MAX)}`, status: 431 },
])('$method with a path of $path.length characters: $status', async ({ method, path, status }) => {
  const listener = await start();
  onTestFinished(() => listener.stop());
  expect((await fetch(listener.url + path, { method })).status).toBe(status);
});

test('an address that is taken is an error, and stop() waits for no client', async () => {
  const listener = await start();
  const { hostname: address, port } = new URL(listener.url);
  const metrics = createWorkerMetrics(() => expect.fail());
  await expect(
    startMetricsListener({ listen: { address, port: Number(port) }, metrics }),
  ).rejects.toMatchObject({ code: 'EADDRINUSE' });
  const idle = connect(Number(port), address);
  await once(idle, 'connect');
  const closed = once(idle, 'close');
  idle.on('error', () => {});
  await listener.stop();
  await closed;
});
