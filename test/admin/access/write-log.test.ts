import { expect, test } from 'vitest';
import { changedProperties } from '../../../src/admin/access/write-log.ts';
import { makePool } from '../../probe/checks.ts';

const put = (before: object | undefined, value: object) =>
  ({ write: { op: 'put', kind: 'pool', id: 'p', value }, before }) as never;

test('of one changed object, the properties that changed are named in the words of the API', () => {
  const was = makePool({ name: 'a' });
  const now = { ...was, name: 'b', minimumHealthy: 9, modifiedOn: 'later' };
  expect(changedProperties([put(was, now)])).toEqual(['name', 'minimum_healthy']);
  expect(changedProperties([put(was, { ...was })])).toEqual([]);
});

test('of what came, went or is several, none is named', () => {
  const was = makePool();
  expect(changedProperties([put(undefined, was)])).toBeUndefined();
  expect(changedProperties([put(was, was), put(was, was)])).toBeUndefined();
  expect(
    changedProperties([{ write: { op: 'delete', kind: 'pool', id: 'p' }, before: was } as never]),
  ).toBeUndefined();
  expect(changedProperties([])).toBeUndefined();
});
