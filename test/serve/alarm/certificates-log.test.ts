import { expect, test } from 'vitest';
import { DAY_MS, endsSoon } from '../../../src/check/certificate.ts';
import type { CheckKey } from '../../../src/check/check.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createCertificatesLog } from '../../../src/serve/alarm/certificates-log.ts';

const CHECK = 'check' as CheckKey;

test.each([
  { left: 14 * DAY_MS + 1, days: 14, soon: false },
  { left: 14 * DAY_MS, days: 14, soon: true },
  { left: -DAY_MS, days: 14, soon: true },
  { left: -DAY_MS, days: 0, soon: false },
])('with $left ms left and $days days of warning, a certificate ends soon: $soon', ({ left, days, soon }) =>
  expect(endsSoon(1_000 + left, 1_000, days)).toBe(soon),
);

/** What there is to say of one check whose certificate can be replaced, by a clock of the test's. */
function watching(days: number) {
  const state = { nowMs: 0, endsAtMs: undefined as number | undefined };
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const alarms = createAlarms({ info: note, warn: note, error: note });
  const log = createCertificatesLog({
    alarms,
    days,
    epochMs: () => state.nowMs,
    endOf: () => state.endsAtMs,
    poolsOf: () => ['web'],
  });
  return {
    state,
    said,
    log,
    raised: () => [...alarms.raised.values()].map(({ alarm, about, pools }) => ({ alarm, about, pools })),
  };
}
const RAISED = [{ alarm: 'certificate', about: CHECK, pools: ['web'] }];

test('a certificate that ends soon raises one alarm, which ends when the endpoint shows another certificate', () => {
  const { state, said, log, raised } = watching(14);
  state.endsAtMs = 20 * DAY_MS;
  log.observed([CHECK]);
  expect(raised()).toEqual([]);
  state.nowMs = 6 * DAY_MS;
  log.look();
  log.look();
  log.observed([CHECK]);
  expect(raised()).toEqual(RAISED);
  expect(said).toEqual(['The certificate of an endpoint ends soon or has ended']);
  state.endsAtMs = 90 * DAY_MS;
  log.observed([CHECK]);
  expect(raised()).toEqual([]);
  expect(said).toHaveLength(2);
});

test('the alarm ends with its check, and 0 days of warning raise none', () => {
  const { log, state, raised } = watching(14);
  state.endsAtMs = 1;
  log.observed([CHECK]);
  expect(raised()).toEqual(RAISED);
  log.forget(CHECK);
  log.look();
  expect(raised()).toEqual([]);
  const never = watching(0);
  never.state.endsAtMs = 1;
  never.log.observed([CHECK]);
  expect(never.raised()).toEqual([]);
});
