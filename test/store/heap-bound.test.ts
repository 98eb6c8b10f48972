import { expect, test } from 'vitest';
import {
  boundHeap,
  DOCUMENT_HEAP_OCTETS,
  EMPTY_HEAP_OCTETS,
  StoreTooLarge,
} from '../../src/store/heap-bound.ts';
import { pool } from './contract/samples.ts';

test('documents that just fit the heap are accepted, and with one octet less they are not', () => {
  const document = { kind: 'pool', id: 'a', revision: 1, value: pool('a') } as const;
  const need = EMPTY_HEAP_OCTETS + DOCUMENT_HEAP_OCTETS + 450;
  const enough = boundHeap(450, need);
  expect(enough.holds(document)).toBe(true);
  expect(() => enough.check()).not.toThrow();
  const short = boundHeap(450, need - 1);
  expect(short.holds(document)).toBe(false);
  expect(() => short.check()).toThrow(StoreTooLarge);
});
