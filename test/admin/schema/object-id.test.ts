import { expect, test } from 'vitest';
import { createObjectIds, isObjectId, newObjectId } from '../../../src/admin/schema/object-id.ts';

test('draws identifiers that differ', () => {
  const ids = Array.from({ length: 1_000 }, newObjectId);
  expect(new Set(ids).size).toBe(1_000);
  expect(ids.every(isObjectId)).toBe(true);
});

test('makes identifiers of one source ascend, and those of two sources differ', () => {
  const [one, other] = [createObjectIds(), createObjectIds()];
  const ids = Array.from({ length: 1_000 }, one);
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(ids.every(isObjectId)).toBe(true);
  expect(ids).not.toContain(other());
});
