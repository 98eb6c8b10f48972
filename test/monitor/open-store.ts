import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import type { Store } from '../../src/store/store.ts';

/** An embedded store that is empty, until the test ends. */
export function openStore(): Store {
  const dir = mkdtempSync(join(tmpdir(), 'lifeguard-monitor-'));
  const store = openEmbeddedStore(join(dir, 'store.sqlite'));
  onTestFinished(async () => {
    await store.close();
    rmSync(dir, { recursive: true });
  });
  return store;
}

/** The observations in a store. */
export const observed = async (store: Store) => (await store.observations()).observations;
