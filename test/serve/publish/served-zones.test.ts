import { expect, test } from 'vitest';
import { formatName } from '../../../src/dns/name.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { Change, StoredDocument } from '../../../src/store/contract/documents.ts';
import type { AuthoredZone } from '../../../src/zone/authored-zone.ts';
import { valuesUnder } from '../../../src/zone/contents/ordered-map.ts';
import { pool, zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const CONFIGURED = zoneFile('example.com', '@ 60 NS ns1.example.net.', { pools: 'pools' });

function served() {
  const zones = createServedZones([CONFIGURED]);
  const all = () => [...valuesUnder(zones.all, '')];
  return { zones, all, names: () => all().map(({ apex }) => formatName(apex)) };
}
const document = (id: string, over: Partial<AuthoredZone> = {}): StoredDocument => ({
  kind: 'zone',
  id,
  revision: 1,
  value: zone(id, over),
});
const put = (one: StoredDocument): Change => ({ revision: 2, entries: [{ op: 'put', document: one }] });
const gone = (id: string): Change => ({ revision: 3, entries: [{ op: 'delete', kind: 'zone', id }] });

test('the zones of the file and of the store are served, and changes of the store apply', () => {
  const { zones, all, names } = served();
  expect(zones.load([{ kind: 'pool', id: 'p', revision: 1, value: pool('p') }])).toBe(false);
  expect(names()).toEqual(['example.com.']);
  expect(zones.load([document('b'), document('a')])).toBe(true);
  expect(names()).toEqual(['example.com.', 'a.example.org.', 'b.example.org.']);
  const [, a] = all();
  expect(zones.apply(put({ kind: 'pool', id: 'p', revision: 2, value: pool('p') }))).toBe(false);
  expect(zones.apply(put(document('c')))).toBe(true);
  expect(zones.apply(gone('b'))).toBe(true);
  expect(names()).toEqual(['example.com.', 'a.example.org.', 'c.example.org.']);
  expect(all()[1]).toBe(a);
  expect(zones.load([])).toBe(true);
  expect(names()).toEqual(['example.com.']);
  expect(zones.load([])).toBe(false);
  expect(zones.unserved.size).toBe(0);
});

test('the file wins, then the older zone; zones that conflict or cannot be read are left out and reported', () => {
  const { zones, names } = served();
  const later = '2026-02-01T00:00:00.000000Z';
  zones.load([
    document('same', { name: 'example.com' }),
    document('below', { name: 'x.pools.example.com' }),
    document('bad', { settings: { ns: [] } }),
    document('a-late', { name: 'twin.example.org', createdOn: later }),
    document('z-early', { name: 'twin.example.org' }),
  ]);
  expect(names()).toEqual(['example.com.', 'twin.example.org.']);
  expect([...zones.unserved.keys()].sort()).toEqual(['a-late', 'bad', 'below', 'same']);
  expect(zones.unserved.get('same')).toEqual({ id: 'same', name: 'example.com', why: 'exists already' });
  zones.apply(gone('z-early'));
  expect(names()).toEqual(['example.com.', 'twin.example.org.']);
  expect([...zones.unserved.keys()].sort()).toEqual(['bad', 'below', 'same']);
  zones.apply(gone('same'));
  expect([...zones.unserved.keys()].sort()).toEqual(['bad', 'below']);
});
