import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { ANNOUNCEMENT_MS, LEAD_MS, LEASE_MS, PREVIEW_MS } from '../../../src/store/store.ts';
import { describeStore } from '../contract/contract.ts';

describeStore('embedded store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-store-'));
  let nowMs = 0;
  const store = openEmbeddedStore(join(directory, 'store.db'), { now: () => nowMs });
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
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});
