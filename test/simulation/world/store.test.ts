import { expect, test } from 'vitest';
import { LEAD_MS } from '../../../src/store/contract/lead.ts';
import { ANNOUNCEMENT_MS } from '../../../src/store/contract/nodes.ts';
import { PREVIEW_MS } from '../../../src/store/contract/previews.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { describeStore } from '../../store/contract/contract.ts';
import { openSimulatedStore } from './store.ts';

describeStore('simulated', async () => {
  let nowMs = 0;
  const store = openSimulatedStore(() => nowMs);
  return {
    store,
    another: () => store,
    passLease: async () => {
      nowMs += LEASE_MS;
    },
    passAnnouncement: async () => {
      nowMs += ANNOUNCEMENT_MS;
    },
    passLead: async () => {
      nowMs += LEAD_MS;
    },
    passPreviews: async () => {
      nowMs += PREVIEW_MS;
    },
    forgetChanges: async () => store.forgetChanges(),
    close: () => store.close(),
  };
});

test('a store that was emptied gave the next lead, so that its leader took what the store had lost for reported', async () => {
  const store = openSimulatedStore(() => 0);
  const before = await store.lead('n');
  store.empty();
  const after = await store.lead('n');
  expect(after!.token).toBeGreaterThan(before!.token + 1);
});
