import { expect, test } from 'vitest';
import { type Explained, explainText } from '../../src/cli/health/explain.ts';

const RESULT = { healthy: true, streak: 8, reason: 'No failures' };
const ADDRESS = '192.0.2.1';

function explainedBy(live: boolean): Explained {
  const worker = { ...RESULT, live, age_seconds: 21, addresses: [{ ...RESULT, address: ADDRESS }] };
  const region = { region: 'WEU', counts: true, held_back: false, healthy: live || null, workers: [worker] };
  const endpoint = {
    name: 'e0',
    address: 'two.test',
    addresses: [{ address: ADDRESS, in: true, healthy: true }],
    in: true,
    why: 'healthy',
    checks: 'healthy',
    stale: !live,
    turning: false,
    recovered: 1,
    weight: 1,
    override: null,
    monitors: [{ held_out_seconds: null, regions: [region] }],
  };
  const pool = {
    pool_name: 'web',
    zone: 'example.org.',
    enabled: true,
    healthy: true,
    answer_is: 'all_of',
    addresses: [{ address: ADDRESS }],
    endpoints: [endpoint],
  } as const;
  return {
    name: 'web.example.org.',
    type: 'A',
    rcode: 'NOERROR',
    answer: [ADDRESS],
    hint: null,
    what_if: {},
    pools: [pool],
  };
}

test.each([
  { live: true, text: 'WEU yes (No failures, 8 in a row)' },
  { live: false, text: 'WEU yes (No failures, 8 in a row, worker gone)' },
])('a result at an address of a host name shows that its worker is gone: $text', ({ live, text }) => {
  const row = explainText(explainedBy(live))
    .split('\n')
    .find((line) => line.includes(`  ${ADDRESS}`));
  expect(row?.endsWith(text)).toBe(true);
});

test('a CNAME in whose place addresses are answered is shown with the names that it leads to', () => {
  const flattened = ['alias.example.org.', 'web.pools.example.org.'];
  expect(explainText({ ...explainedBy(true), flattened }).split('\n')[1]).toBe(
    'A CNAME to alias.example.org. → web.pools.example.org. is answered with the addresses found there.',
  );
});
