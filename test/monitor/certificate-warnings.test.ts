import { expect, test } from 'vitest';
import type { Outcome } from '../../src/check/outcome.ts';
import { createCertificateWarnings } from '../../src/monitor/certificate-warnings.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { makeCheck } from '../probe/checks.ts';

const SENTENCE = 'The certificate of an endpoint ends soon or has ended.';
const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 0, 1);
const found = (certificateEndsAtMs?: number): Outcome => ({
  ok: true,
  reason: 'No failures',
  responseCode: 200,
  rttMs: 1,
  ...(certificateEndsAtMs === undefined ? {} : { certificateEndsAtMs }),
});
const check = makeCheck({ type: 'https' }, { header: { Host: ['www.example.org'] } });

/** Warnings at so many days, and the lines they log. */
function warnings(days: number) {
  const lines: Record<string, unknown>[] = [];
  const log = createLogger({
    level: 'warn',
    destination: { write: (line: string) => void lines.push(JSON.parse(line)) },
  });
  return { lines, take: createCertificateWarnings(days, log).take };
}

test.each([
  { days: 14, leftMs: 14 * DAY_MS + 1, warned: 0 },
  { days: 14, leftMs: 14 * DAY_MS, warned: 1 },
  { days: 14, leftMs: 1, warned: 1 },
  { days: 14, leftMs: -DAY_MS, warned: 1 },
  { days: 0, leftMs: -1, warned: 0 },
])('with $leftMs ms left and $days days of warning, $warned lines are logged', ({ days, leftMs, warned }) => {
  const { lines, take } = warnings(days);
  take(check, found(NOW_MS + leftMs), NOW_MS);
  expect(lines).toHaveLength(warned);
});

test('a check without a certificate logs no warning', () => {
  const { lines, take } = warnings(14);
  take(check, found(), NOW_MS);
  expect(lines).toEqual([]);
});

test('the warning says whose certificate it is, and when it ends', () => {
  const { lines, take } = warnings(14);
  take(check, found(NOW_MS + 2.5 * DAY_MS), NOW_MS);
  take(makeCheck({ type: 'grpcs', port: 8443 }, {}), found(NOW_MS - 1), NOW_MS);
  expect(lines).toMatchObject([
    {
      msg: SENTENCE,
      pool: 'web',
      endpoint: 'one',
      address: '127.0.0.1',
      port: 443,
      host: 'www.example.org',
      endsAt: '2026-01-03T12:00:00.000Z',
      daysLeft: 2,
    },
    { msg: SENTENCE, port: 8443, daysLeft: -1 },
  ]);
});

test('each check logs one warning a day', () => {
  const { lines, take } = warnings(14);
  const other = makeCheck({ type: 'https', port: 8443 }, {});
  const ends = found(NOW_MS + 5 * DAY_MS);
  for (let hour = 0; hour < 48; hour += 1)
    for (const each of [check, other]) take(each, ends, NOW_MS + (hour * DAY_MS) / 24);
  expect(lines.map(({ port }) => port)).toEqual([443, 8443, 443, 8443]);
});
