import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { planRepair, runStoreRepair } from '../../../src/commands/store/store-repair.ts';
import type { StoredDocument } from '../../../src/store/contract/documents.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { group, loadBalancer, monitor, override, pool, putPool, zone } from '../../store/contract/samples.ts';

const at = (kind: string, value: { readonly id: string }) =>
  ({ kind, id: value.id, revision: 1, value }) as unknown as StoredDocument;
const plan = (...documents: StoredDocument[]) => planRepair({ epoch: 'e', revision: 1, documents });
const member = (monitorId: string) => ({ ...group('g').members[0]!, monitorId });

test('a pool whose monitor was lost is kept without it', () => {
  const { repair, lines } = plan(at('pool', pool('p', { name: 'p', monitor: 'gone' })));
  expect(repair.deleted).toEqual([]);
  expect(repair.kept).toMatchObject([{ isChanged: true, unique: ['p'], references: [] }]);
  expect(repair.kept[0]!.document.value).not.toHaveProperty('monitor');
  expect(lines).toEqual([
    'pool "p" (p) loses its monitor, which is gone. No worker checks it until it has another.',
  ]);
});

test('a group loses missing monitors, and is deleted with its last one, together with the reference of its pool', () => {
  const some = plan(
    at('monitor', monitor('m')),
    at('monitor_group', group('g', { members: [member('m'), member('gone')] })),
  );
  expect(some.repair.kept.at(-1)).toMatchObject({
    isChanged: true,
    references: [{ kind: 'monitor', id: 'm' }],
  });
  const none = plan(
    at('pool', pool('p', { name: 'p', monitorGroup: 'g' })),
    at('monitor_group', group('g', { members: [member('gone')] })),
  );
  expect(none.repair.deleted).toEqual([{ kind: 'monitor_group', id: 'g' }]);
  expect(none.repair.kept).toMatchObject([{ document: { id: 'p' }, isChanged: true, references: [] }]);
});

test('an override without its pool is deleted', () => {
  const { repair } = plan(at('override', override('o', { pool: 'gone' })));
  expect(repair).toMatchObject({ kept: [], deleted: [{ kind: 'override', id: 'o' }] });
});

test('a load balancer loses what is gone, and is deleted with its last pool', () => {
  const steered = loadBalancer('l', { zoneId: 'z', defaultPools: ['p', 'gone'], fallbackPool: 'gone' });
  const some = plan(at('pool', pool('p')), at('load_balancer', steered));
  expect(some.repair.kept.at(-1)).toMatchObject({
    isChanged: true,
    unique: ['l.example.org'],
    references: [{ kind: 'pool', id: 'p' }],
    document: { value: { defaultPools: ['p'], fallbackPool: 'p' } },
  });
  expect(some.repair.kept.at(-1)!.document.value).not.toHaveProperty('zoneId');
  expect(some.lines).toEqual([
    'load_balancer "l.example.org" (l) loses its zone, which is gone. Nothing answers its name until a zone of that name exists.',
    'load_balancer "l.example.org" (l) loses pools, which are gone.',
  ]);
  const whole = plan(
    at('pool', pool('p')),
    at('zone', zone('z')),
    at('load_balancer', loadBalancer('l', { zoneId: 'z' })),
  );
  expect(whole).toMatchObject({ lines: [], repair: { deleted: [], kept: [{}, {}, { isChanged: false }] } });
  const none = plan(at('load_balancer', loadBalancer('l')));
  expect(none.repair.deleted).toEqual([{ kind: 'load_balancer', id: 'l' }]);
});

test('of two pools with the same name the older one keeps it, and the other is reported', () => {
  const older = at('pool', pool('a', { name: 'web' }));
  const newer = { ...at('pool', pool('b', { name: 'web' })), revision: 2 } as StoredDocument;
  const { repair, lines } = plan(newer, older);
  expect(repair.kept.map(({ document, unique }) => [document.id, unique])).toEqual([
    ['a', ['web']],
    ['b', []],
  ]);
  expect(lines).toEqual(['pool "web" (b) has the same name as pool a. Rename one of them.']);
});

test('a pool keeps a monitor that exists but cannot be read', () => {
  const { repair, lines } = planRepair({
    epoch: 'e',
    revision: 1,
    documents: [at('pool', pool('p', { name: 'p', monitor: 'm' }))],
    damaged: { documents: [{ kind: 'monitor', id: 'm' }], unnamed: 0 },
  });
  expect(repair.kept).toMatchObject([{ isChanged: false, references: [{ kind: 'monitor', id: 'm' }] }]);
  expect(lines).toEqual(['1 documents are damaged and stay set aside. "lifeguard store check" lists them.']);
});

test('control characters in a stored name reached the terminal', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-repair-'));
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  try {
    const path = join(directory, 'lifeguard.yaml');
    writeFileSync(path, `data_dir: ${directory}\n`);
    const store = openEmbeddedStore(join(directory, 'lifeguard.sqlite'));
    // \u009b begins a control sequence, and \u202e turns the text around.
    for (const [id, name] of [
      ['a\u001b]0;x\u0007', 'web'],
      ['b\u009b2J', 'web'],
      ['c\u202e', '\u202e\u009b31m'],
    ] as const)
      await store.commit([putPool(id, {}, { name, monitor: 'gone' })]);
    await store.close();
    await runStoreRepair(path, { isSure: false, putsBack: false });
    const printed = write.mock.calls.map(([text]) => String(text)).join('');
    expect(printed).toContain('c\\u202e');
    expect(printed).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u);
  } finally {
    write.mockRestore();
    rmSync(directory, { recursive: true, force: true });
  }
});
