import { expect, test } from 'vitest';
import { eventOf } from '../../../src/store/record/event-text.ts';
import { audit, event } from '../contract/samples.ts';

test('an old event without a kind is a health event', () => {
  const { kind, ...old } = event('e');
  expect(kind).toBe('health');
  expect(eventOf(JSON.stringify(old), '1')).toEqual({ ...event('e'), cursor: '1' });
});

test('an audit event has the revision that is stored beside it', () => {
  expect(eventOf(JSON.stringify(audit('a')), '1', 3)).toEqual({ ...audit('a'), cursor: '1', revision: 3 });
});
