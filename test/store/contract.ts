import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { announcementRules } from './contract-announcement.ts';
import { auditRules } from './contract-audit.ts';
import { commitRules } from './contract-commit.ts';
import { feedRules } from './contract-feed.ts';
import { leadingRules } from './contract-leading.ts';
import { linkRules } from './contract-link.ts';
import { modelRules } from './contract-model.ts';
import { previewRules } from './contract-preview.ts';
import { readRules } from './contract-read.ts';
import { refusalRules } from './contract-refusal.ts';
import { workerRules } from './contract-worker.ts';

/** An empty store of one body, for one test. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Another handle on the same data: a connection of its own where the body allows one. */
  another(): Store;
  /** Lets LEASE_MS pass on the store's own clock. */
  passLease(): Promise<void>;
  /** Lets ANNOUNCEMENT_MS pass on the store's own clock. */
  passAnnouncement(): Promise<void>;
  /** Lets LEAD_MS pass on the store's own clock. */
  passLead(): Promise<void>;
  /** Lets PREVIEW_MS pass for the previews there are. */
  passPreviews(): Promise<void>;
  close(): Promise<void>;
}

/** The contract of src/store/store.ts, for any body. `open` gives an empty store every time. */
export function describeStore(name: string, open: () => Promise<StoreUnderTest>): void {
  describe(name, () => {
    let current: StoreUnderTest;
    beforeEach(async () => {
      current = await open();
    });
    afterEach(() => current.close());
    const under = () => current;
    commitRules(under);
    readRules(under);
    refusalRules(under);
    feedRules(under);
    workerRules(under);
    auditRules(under);
    announcementRules(under);
    previewRules(under);
    leadingRules(under);
    linkRules(under);
    modelRules(open);
  });
}
