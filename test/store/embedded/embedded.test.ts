import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LEAD_MS } from '../../../src/store/contract/lead.ts';
import { ANNOUNCEMENT_MS } from '../../../src/store/contract/nodes.ts';
import { PREVIEW_MS } from '../../../src/store/contract/previews.ts';
import { LEASE_MS } from '../../../src/store/contract/workers.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { describeStore } from '../contract/contract.ts';

describeStore('embedded store', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'lifeguard-store-'));
  let nowMs = 0;
  const path = join(directory, 'store.db');
  const open = () => openEmbeddedStore(path, { monotonicMs: () => nowMs });
  let store = open();
  return {
    get store() {
      return store;
    },
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
    forgetChanges: async () => {
      await store.close();
      const file = new DatabaseSync(path);
      file.exec('DELETE FROM change');
      file.close();
      store = open();
    },
    close: async () => {
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
});
