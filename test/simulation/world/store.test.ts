import { ANNOUNCEMENT_MS, LEAD_MS, LEASE_MS, PREVIEW_MS } from '../../../src/store/store.ts';
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
