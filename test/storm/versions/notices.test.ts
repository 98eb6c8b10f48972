import { expect, test } from 'vitest';
import { type CameNotice, noticesOf, pairsOf, wrongNotices } from './notices.ts';

const down = { about: 'origin web/e1', health: 'Unhealthy' };
const up = { about: 'origin web/e1', health: 'Healthy' };
const pool = { about: 'pool web', health: 'Unhealthy' };
const came = (...notices: readonly (readonly [string, typeof down])[]): CameNotice[] =>
  notices.map(([id, notice]) => ({ id, ...notice }));

test.each([
  ['all that had to come', came(['9-0', down], ['10-0', pool], ['10-1', up]), []],
  ['another order of two things', came(['1-0', pool], ['2-0', down], ['3-0', up]), []],
  [
    'one that came twice',
    came(['1-0', down], ['1-0', down], ['2-0', pool], ['3-0', up]),
    ['origin web/e1 Unhealthy (event 1-0) was notified 2 times'],
  ],
  [
    'an event that was reported twice',
    came(['1-0', down], ['2-0', down], ['3-0', pool], ['4-0', up]),
    ['origin web/e1: Unhealthy, Healthy had to be notified, and Unhealthy, Unhealthy, Healthy was'],
  ],
  [
    'one that is missing',
    came(['1-0', down], ['3-0', up]),
    ['pool web: Unhealthy had to be notified, and nothing was'],
  ],
  [
    'one too many',
    came(
      ['1-0', down],
      ['2-0', pool],
      ['3-0', up],
      ['4-0', { about: 'alarm no_workers', health: 'Unhealthy' }],
    ),
    ['alarm no_workers: nothing had to be notified, and Unhealthy was'],
  ],
  [
    'an old event after a newer one',
    came(['10-0', down], ['9-0', pool], ['11-0', up]),
    ['pool web Unhealthy (event 9-0) was notified after event 10-0'],
  ],
])('of notifications it finds wrong: %s', (_, all, wrong) => {
  expect(wrongNotices([down, pool, up], all)).toEqual(wrong);
});

test('as many may come twice as servers stopped that abort a notification', () => {
  const repeated = came(['1-0', down], ['1-0', down], ['2-0', pool], ['3-0', up]);
  expect(wrongNotices([down, pool, up], repeated, 1)).toEqual([]);
  expect(wrongNotices([down, pool, up], [...repeated, ...came(['3-0', up])], 1)).toHaveLength(2);
  expect(
    wrongNotices(
      [down, pool, up],
      came(['1-0', down], ...repeated.map(({ id, ...rest }) => [id, rest] as const)),
      1,
    ),
  ).toEqual(['origin web/e1 Unhealthy (event 1-0) was notified 3 times']);
});

test('payloads name what they are about', () => {
  const payloads = [
    { event_source: 'origin', pool_name: 'web', origin_name: 'e1' },
    { event_source: 'pool', pool_name: 'web' },
    { event_source: 'load_balancer', load_balancer_name: 'shop.example.com' },
    { event_source: 'alarm', alarm: 'nodes_differ', about: 'version' },
  ].map((data, at) => ({ data: { ...data, new_health: 'Healthy', event_id: String(at) } }));
  const abouts = noticesOf(payloads).map(({ about }) => about);
  expect(abouts).toEqual([
    'origin web/e1',
    'pool web',
    'load_balancer shop.example.com',
    'alarm nodes_differ version',
  ]);
});

test('an alarm that may come has to be over in the end', () => {
  const raised = { about: 'alarm nodes_differ version', health: 'Unhealthy' };
  const over = { about: 'alarm nodes_differ version', health: 'Healthy' };
  const judge = (all: readonly CameNotice[]) =>
    wrongNotices(
      pairsOf(all, (about) => about === raised.about),
      all,
    );
  expect(judge([])).toEqual([]);
  expect(judge(came(['1-0', raised], ['2-0', over]))).toEqual([]);
  expect(judge(came(['1-0', raised]))).toEqual([
    'alarm nodes_differ version: Unhealthy, Healthy had to be notified, and Unhealthy was',
  ]);
  expect(judge(came(['1-0', { ...raised, about: 'alarm no_workers' }]))).toHaveLength(1);
});
