import { expect, test, vi } from 'vitest';
import type { Configuration, Kind, StoredDocument } from '../../../src/store/contract/documents.ts';
import { disbeliefIn } from '../../../src/store/integrity/belief.ts';
import { newDecidedEpoch, newEpoch } from '../../../src/store/integrity/epoch.ts';

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

test('a dump from before a person decided for another history was believed', async () => {
  const store = { continues: async () => true };
  const clock = vi.spyOn(Date, 'now');
  const begin = (ms: number) => {
    clock.mockReturnValue(ms);
    return newEpoch();
  };
  const decide = (before: string, ms: number) => {
    clock.mockReturnValue(ms);
    return newDecidedEpoch(before, ms);
  };
  const first = begin(1_800_000_000_000);
  const second = decide(first, 1_800_000_001_000);
  const third = decide(second, 1_800_000_002_000);
  const emptied = begin(1_800_000_003_000);
  clock.mockRestore();
  const judged = (known: string, epoch: string, isDecided?: boolean) =>
    disbeliefIn(store, read(KNOWN, { epoch, ...(isDecided && { isDecided }) }), {
      position: { epoch: known, revision: 7 },
      has: () => true,
    });
  const older = {
    kind: 'set_back',
    why: 'its history is from before the decision ("store adopt" or "store repair") by which the known one began',
  };
  expect(await judged(second, first)).toEqual(older);
  expect(await judged(third, first)).toEqual(older);
  for (const [known, epoch] of [
    [first, second],
    [third, emptied],
    [emptied, first],
    // The names that histories had before they began with the time.
    ['iRFFK5r1l8sOQnyHs9abcd', first],
  ] as const)
    expect(await judged(known, epoch), `${known} ${epoch}`).toBeUndefined();
  expect(await judged(third, second, true)).toBeUndefined();
});
