import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { ENVIRONMENT } from '../../../src/config/source/environment.ts';
import { WRITES_MAX, type Write } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { addressesOf, TTL_SECONDS, ZONE } from '../names.ts';
import type { Launch, Peer, Setup } from '../peer.ts';
import { lifeguardPool } from './lifeguard-pool.ts';

const PROGRAM = join(import.meta.dirname, '../../../src/lifeguard.js');
/** Says how many threads answer UDP, in versions that have more than the main one. */
const WORKERS = 'LIFEGUARD_DNS_WORKERS';

/** Ourselves: a node over the embedded store, a pool for each name. */
export const lifeguard: Peer = {
  name: 'Lifeguard',
  means: 'a pool each, embedded store',
  program: 'taskset',
  tcp: true,
  // It asks for the lead each second, and compares all pools where it lost the lead meanwhile.
  noticesWithinMs: 1_500,
  addressesOf,
  prepare: (setup) =>
    lifeguardLaunch(
      setup,
      Array.from({ length: setup.names }, (_, i) => putPool(i)),
    ),
};

/** Writes a store with these documents, and a configuration, to which other sections may be added. */
export async function lifeguardLaunch(
  { directory, addresses: [v4, v6], port }: Setup,
  writes: readonly Write[],
  sections = '',
): Promise<Launch> {
  const dataDir = join(directory, 'data');
  mkdirSync(dataDir);
  const store = openEmbeddedStore(join(dataDir, 'lifeguard.sqlite'));
  for (let from = 0; from < writes.length; from += WRITES_MAX) {
    const committed = await store.commit(writes.slice(from, from + WRITES_MAX));
    if (!committed.ok) throw new Error(`the documents were refused: ${committed.refusal.kind}`);
  }
  await store.close();
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(
    config,
    `zones:
  - name: ${ZONE}
    ns:
      - { name: ns1.${ZONE}, addresses: [192.0.2.253] }
    pools: pools
    pool_ttl: ${TTL_SECONDS}
${sections}
`,
  );
  return {
    command: process.execPath,
    args: [PROGRAM, 'serve'],
    env: {
      LIFEGUARD_CONFIG: config,
      LIFEGUARD_DATA_DIR: dataDir,
      LIFEGUARD_DNS_LISTEN: `${v4}:${port},[${v6}]:${port}`,
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      LIFEGUARD_LOG_LEVEL: 'warn',
      ...(Object.hasOwn(ENVIRONMENT, WORKERS) ? { [WORKERS]: '1' } : {}),
    },
  };
}

/** Writes pool `i`. */
export function putPool(i: number): Write {
  const value = lifeguardPool(i);
  return { op: 'put', kind: 'pool', id: value.id, value, unique: [value.name], references: [] };
}
