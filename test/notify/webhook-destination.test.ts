import { expect, test } from 'vitest';
import { createTargets } from '../../src/check/targets.ts';
import { webhookDestination } from '../../src/notify/webhook-destination.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { pool } from '../store/contract/samples.ts';
import { noticed, POOL, poolEvent } from './notices.ts';

test('a pool whose filter rejects everything was notified of when it was deleted', () => {
  const configured = new Map([[POOL, pool(POOL)]]);
  const webhook = { name: 'ops', url: 'https://hooks.example.org/', filter: {} };
  const { wants } = webhookDestination(webhook, {
    poolOf: (id) => configured.get(id),
    resolve: createResolve(),
    refuse: createTargets(),
  });
  const audience = { notificationEmail: '', notificationFilter: { pool: { disable: true } } };
  const gone = noticed(poolEvent({ was: 'unhealthy', now: 'deleted', audience }));
  configured.clear();
  expect([wants(gone), wants(noticed(poolEvent({ was: 'unhealthy', now: 'deleted' })))]).toEqual([
    false,
    true,
  ]);
  // Made again by the same identifier, as an apply may: it says itself what it lets out.
  configured.set(POOL, pool(POOL));
  expect(wants(gone)).toBe(true);
});
