import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Override } from '../../src/pool/override.ts';
import {
  CLOCK_LOOK_MS,
  createServedOverrides,
  type ServedOverrides,
} from '../../src/serve/served-overrides.ts';
import type { Change, StoredDocument } from '../../src/store/store.ts';
import { override, pool } from '../store/samples.ts';

const START_MS = Date.parse('2026-06-01T12:00:00Z');
const at = (ms: number) => new Date(START_MS + ms).toISOString();
const web = pool('web');
const [endpoint] = web.endpoints;
let served: ServedOverrides;
let turned: string[][];

const document = (value: Override): StoredDocument => ({
  kind: 'override',
  id: value.id,
  revision: 1,
  value,
});
const put = (value: Override): Change => ({
  revision: 1,
  entries: [{ op: 'put', document: document(value) }],
});
const action = () => served.of(web, endpoint!)?.action;

beforeEach(() => {
  vi.useFakeTimers({ now: START_MS, toFake: ['Date', 'setTimeout', 'clearTimeout'] });
  turned = [];
  served = createServedOverrides({ nowMs: Date.now, turned: (pools) => turned.push([...pools]) });
});
afterEach(() => {
  served.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('an override begins and ends by the clock alone, to the millisecond', () => {
  const found = served.apply(put(override('o', { pool: 'web', start: at(60_000), end: at(90_000) })));
  expect([...found]).toEqual(['web']);
  expect(action()).toBeUndefined();
  vi.advanceTimersByTime(59_999);
  expect([action(), turned]).toEqual([undefined, []]);
  vi.advanceTimersByTime(1);
  expect([action(), turned]).toEqual(['out', [['web']]]);
  vi.advanceTimersByTime(29_999);
  expect([action(), turned]).toEqual(['out', [['web']]]);
  vi.advanceTimersByTime(1);
  expect([action(), turned]).toEqual([undefined, [['web'], ['web']]]);
});

test('an override without times needs no timer, and a change or its end is told at once', () => {
  served.load([document(override('o', { pool: 'web' }))]);
  expect([action(), vi.getTimerCount()]).toEqual(['out', 0]);
  expect([...served.apply(put(override('o', { pool: 'web', action: 'in' })))]).toEqual(['web']);
  expect(action()).toBe('in');
  expect([...served.apply({ revision: 2, entries: [{ op: 'delete', kind: 'override', id: 'o' }] })]).toEqual([
    'web',
  ]);
  expect(action()).toBeUndefined();
  expect([...served.apply({ revision: 3, entries: [{ op: 'delete', kind: 'pool', id: 'web' }] })]).toEqual(
    [],
  );
});

test('one that has begun before the node starts holds, and one that has ended does not', () => {
  const all = [
    override('o', { pool: 'web', start: at(-2), end: at(5) }),
    override('p', { pool: 'api', end: at(-1) }),
  ];
  expect([...served.load(all.map(document))].sort()).toEqual(['api', 'web']);
  expect(action()).toBe('out');
  expect(served.of(pool('api'), endpoint!)).toBeUndefined();
  vi.advanceTimersByTime(5);
  expect([action(), turned]).toEqual([undefined, [['web']]]);
});

test('a clock that is set is noticed soon, forwards and backwards', () => {
  served.apply(put(override('o', { pool: 'web', start: at(3_600_000), end: at(7_200_000) })));
  vi.setSystemTime(START_MS + 3_600_000);
  vi.advanceTimersByTime(CLOCK_LOOK_MS);
  expect([action(), turned]).toEqual(['out', [['web']]]);
  vi.setSystemTime(START_MS);
  vi.advanceTimersByTime(CLOCK_LOOK_MS);
  expect([action(), turned]).toEqual([undefined, [['web'], ['web']]]);
});

test('another configuration takes the place of all overrides', () => {
  served.load([document(override('o', { pool: 'web', end: at(5) }))]);
  expect([...served.load([])]).toEqual(['web']);
  expect([action(), vi.getTimerCount()]).toEqual([undefined, 0]);
});
