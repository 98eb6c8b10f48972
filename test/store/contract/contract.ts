import { afterEach, beforeEach, describe } from 'vitest';
import type { Store } from '../../../src/store/store.ts';
import { announcementRules } from './announcement.ts';
import { auditRules } from './audit.ts';
import { commitRules } from './commit.ts';
import { feedRules } from './feed.ts';
import { leadingRules } from './leading.ts';
import { linkRules } from './link.ts';
import { modelRules } from './model-run.ts';
import { previewRules } from './preview.ts';
import { readRules } from './read.ts';
import { refusalRules } from './refusal.ts';
import { workerRules } from './worker.ts';

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
  /** Forgets the record of changes, as if CHANGES_MAX more had been written. */
  forgetChanges(): Promise<void>;
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
