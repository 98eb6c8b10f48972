import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Override } from '../../../src/pool/override.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import {
  CLOCK_LOOK_MS,
  createServedOverrides,
  type ServedOverrides,
} from '../../../src/serve/publish/served-overrides.ts';
import type { Change, StoredDocument } from '../../../src/store/contract/documents.ts';
import { override, pool } from '../../store/contract/samples.ts';

const START_MS = Date.parse('2026-06-01T12:00:00Z');
const at = (ms: number) => new Date(START_MS + ms).toISOString();
const web = pool('web');
const [endpoint] = web.endpoints;
let served: ServedOverrides;
let turned: string[][];
let pools: Map<string, Pool>;

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
  pools = new Map([['web', web]]);
  served = createServedOverrides({
    epochMs: Date.now,
    changed: (ids) => turned.push([...ids]),
    poolOf: (id) => pools.get(id),
  });
});
afterEach(() => {
  served.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

test('an override starts and ends by the clock, to the millisecond', () => {
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

test('an override without times needs no timer, and its changes and its end are reported at once', () => {
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

test('an override that started before the node is active, and one that ended is not', () => {
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

test('a clock that is set forwards or backwards is noticed soon', () => {
  served.apply(put(override('o', { pool: 'web', start: at(3_600_000), end: at(7_200_000) })));
  vi.setSystemTime(START_MS + 3_600_000);
  vi.advanceTimersByTime(CLOCK_LOOK_MS);
  expect([action(), turned]).toEqual(['out', [['web']]]);
  vi.setSystemTime(START_MS);
  vi.advanceTimersByTime(CLOCK_LOOK_MS);
  expect([action(), turned]).toEqual([undefined, [['web'], ['web']]]);
});

test('a clock that is set back after the last override has ended was not noticed', () => {
  served.apply(put(override('o', { pool: 'web', start: at(3_600_000), end: at(7_200_000) })));
  vi.setSystemTime(START_MS + 7_200_000);
  vi.advanceTimersByTime(CLOCK_LOOK_MS);
  const turnedBefore = turned.length;
  expect(action()).toBeUndefined();
  vi.setSystemTime(START_MS + 3_600_000);
  vi.advanceTimersByTime(CLOCK_LOOK_MS);
  expect([action(), turned.slice(turnedBefore)]).toEqual(['out', [['web']]]);
});

test('a new configuration replaces all overrides', () => {
  served.load([document(override('o', { pool: 'web', end: at(5) }))]);
  expect([...served.load([])]).toEqual(['web']);
  expect([action(), vi.getTimerCount()]).toEqual([undefined, 0]);
});

test('an override whose endpoint was removed does not apply to a new endpoint of the same name', () => {
  const other = { name: 'other', address: '192.0.2.9', enabled: true, weight: 1, flattenCname: false };
  const putWeb = (value: Pool): Change => {
    pools.set('web', value);
    return {
      revision: 2,
      entries: [{ op: 'put', document: { kind: 'pool', id: 'web', revision: 2, value } }],
    };
  };
  const own = override('own', { pool: 'web', endpoint: endpoint!.name });
  const whole = override('whole', { pool: 'web', action: 'in' });
  served.apply(put(own));
  served.apply(put(whole));
  expect(action()).toBe('out');
  served.apply(putWeb({ ...web, endpoints: [other] }));
  expect([[...served.left.keys()], [...served.all.keys()]]).toEqual([['own'], ['whole']]);
  // The name is back, at another address: what was decided about the one before does not hold for it.
  served.apply(putWeb({ ...web, endpoints: [{ ...endpoint!, address: '192.0.2.77' }] }));
  expect(action()).toBe('in');
  served.apply({ revision: 3, entries: [{ op: 'delete', kind: 'override', id: 'own' }] });
  expect([...served.left.keys()]).toEqual([]);
  // A new one is about the endpoint that there is.
  served.apply(put({ ...own, id: 'again' }));
  expect(action()).toBe('out');
});

test('overrides of missing endpoints are left out at a start', () => {
  served.load([
    document(override('gone', { pool: 'web', endpoint: 'b8' })),
    document(override('there', { pool: 'web', endpoint: endpoint!.name.toUpperCase() })),
  ]);
  expect([[...served.left.keys()], [...served.all.keys()]]).toEqual([['gone'], ['there']]);
});
