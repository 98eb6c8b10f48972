import { expect, test } from 'vitest';
import type { Configuration, Kind, StoredDocument } from '../../../src/store/contract/documents.ts';
import { disbeliefIn } from '../../../src/store/integrity/belief.ts';

const KNOWN: readonly Kind[] = ['pool', 'zone', 'load_balancer', 'monitor'];
const read = (kinds: readonly Kind[], over: Partial<Configuration> = {}): Configuration => ({
  epoch: 'another',
  revision: 1,
  documents: kinds.map((kind) => ({ kind, id: kind, revision: 1 }) as unknown as StoredDocument),
  ...over,
});

test.each<[kinds: readonly Kind[], known: readonly Kind[], why: string | undefined]>([
  [KNOWN, KNOWN, undefined],
  [['pool', 'zone', 'load_balancer'], KNOWN, undefined],
  [['pool', 'zone'], KNOWN, 'it has no load balancer'],
  [['monitor'], KNOWN, 'it has no pool and no zone and no load balancer'],
  [['pool', 'zone'], ['pool', 'zone'], undefined],
  [[], ['monitor'], undefined],
])('a store of another epoch with %j, where there was %j: %s', async (kinds, known, why) => {
  const store = { continues: async () => true };
  const position = { epoch: 'e', revision: 7 };
  const has = (kind: Kind) => known.includes(kind);
  expect(await disbeliefIn(store, read(kinds), { position, has })).toEqual(
    why === undefined ? undefined : { kind: 'emptied', why },
  );
  expect(await disbeliefIn(store, read(kinds, { isDecided: true }), { position, has })).toBeUndefined();
});
