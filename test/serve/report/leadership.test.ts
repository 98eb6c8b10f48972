import { expect, onTestFinished, test, vi } from 'vitest';
import { type Leadership, startLeadership } from '../../../src/serve/report/leadership.ts';
import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import { LEAD_MS } from '../../../src/store/contract/lead.ts';
import type { Store } from '../../../src/store/store.ts';
import { openSimulatedStore } from '../../simulation/world/store.ts';

const SOON = { timeout: 40_000, interval: 10 };
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
vi.setConfig({ testTimeout: 120_000 });

function start(store: Store, node: string, now?: () => number): Leadership {
  const leadership = startLeadership({ store, node, log, ...(now ? { monotonicMs: now } : {}) });
  onTestFinished(() => leadership.stop());
  return leadership;
}
const leads = (leadership: Leadership) => leadership.lead !== undefined;

test('one of two nodes leads, and the other leads as soon as it stops', async () => {
  const store = openSimulatedStore(() => performance.now());
  const first = start(store, 'n1');
  await vi.waitFor(() => expect(leads(first)).toBe(true), SOON);
  const second = start(store, 'n2');
  expect(await store.lead('n2')).toBeUndefined();
  expect(leads(second)).toBe(false);
  await first.stop();
  expect(leads(first)).toBe(false);
  await vi.waitFor(() => expect(leads(second)).toBe(true), SOON);
});

test('a node that cannot renew its lead stops leading before the store can give it to another node', async () => {
  const server = openSimulatedStore(() => performance.now());
  let isUp = true;
  const call =
    <A extends unknown[], R>(body: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      if (!isUp) throw new StoreUnavailable('the link is down');
      return body(...args);
    };
  const store: Store = Object.assign(Object.create(server) as Store, {
    lead: call((node: string) => server.lead(node)),
    renewLead: call((lead: Parameters<Store['renewLead']>[0]) => server.renewLead(lead)),
  });
  let nowMs = 0;
  const leadership = start(store, 'n1', () => nowMs);
  await vi.waitFor(() => expect(leads(leadership)).toBe(true), SOON);
  isUp = false;
  nowMs = LEAD_MS - 1;
  expect(leads(leadership)).toBe(true);
  nowMs = LEAD_MS;
  expect(leads(leadership)).toBe(false);
  isUp = true;
  await vi.waitFor(() => expect(leads(leadership)).toBe(true), SOON);
});

test('a node asks again for a lead that the store refused', async () => {
  const store = openSimulatedStore(() => performance.now());
  const leadership = start(store, 'n1');
  await vi.waitFor(() => expect(leads(leadership)).toBe(true), SOON);
  const { lead } = leadership;
  leadership.lost({ ...lead!, token: lead!.token - 1 });
  expect(leadership.lead).toEqual(lead);
  leadership.lost(lead!);
  expect(leads(leadership)).toBe(false);
  await vi.waitFor(() => expect(leadership.lead!.token).toBeGreaterThan(lead!.token), SOON);
});
