import { expect, test } from 'vitest';
import type {
  Configuration,
  Documents,
  Kind,
  StoredDocument,
} from '../../../src/store/contract/documents.ts';
import { broughtForward } from '../../../src/store/reading/brought-forward.ts';
import { documentsOf } from '../../../src/store/reading/of-kind.ts';
import { monitor, pool, zone } from '../contract/samples.ts';

const stored = (kind: Kind, value: Documents[Kind], revision = 1) =>
  ({ kind, id: value.id, revision, value }) as StoredDocument;
const READ: Configuration = {
  epoch: 'e',
  revision: 1,
  documents: [
    stored('pool', pool('a')),
    stored('monitor', monitor('m')),
    stored('pool', pool('b')),
    stored('zone', zone('z')),
  ],
};

test('the documents of a kind are listed in their order, once for each reading', () => {
  const { documents } = READ;
  expect(documentsOf(documents, 'pool').map(({ id }) => id)).toEqual(['a', 'b']);
  expect(documentsOf(documents, 'token')).toEqual([]);
  expect(documentsOf(documents, 'pool')).toBe(documentsOf(documents, 'pool'));
});

test('a change of one kind makes the list of that kind anew, and keeps the others', () => {
  const [pools, monitors] = [documentsOf(READ.documents, 'pool'), documentsOf(READ.documents, 'monitor')];
  const put = { op: 'put', document: stored('pool', pool('b', { description: 'new' }), 2) } as const;
  const changed = broughtForward(READ, [{ revision: 2, entries: [put] }]);
  expect(documentsOf(changed.documents, 'monitor')).toBe(monitors);
  expect(documentsOf(changed.documents, 'pool').map(({ value }) => value.description)).toEqual([
    pools[0]!.value.description,
    'new',
  ]);
  expect(documentsOf(READ.documents, 'pool')).toBe(pools);
  const deleted = broughtForward(changed, [
    { revision: 3, entries: [{ op: 'delete', kind: 'monitor', id: 'm' }] },
  ]);
  expect(documentsOf(deleted.documents, 'monitor')).toEqual([]);
  // Nobody asked for zones before the change.
  expect(documentsOf(deleted.documents, 'zone').map(({ id }) => id)).toEqual(['z']);
});
