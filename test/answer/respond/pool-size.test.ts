/** How many addresses an answer of a pool has: a window over its members, which are used equally. */
import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { parseName } from '../../../src/dns/name.ts';
import { ANSWER_ADDRESSES_DEFAULT, ANSWER_ADDRESSES_MAX } from '../../../src/pool/pool.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createAllDownLog } from '../../../src/serve/alarm/all-down-log.ts';
import { createLastHealthy } from '../../../src/serve/health/last-healthy.ts';
import { poolStateOf } from '../../../src/serve/publish/pool-state.ts';
import { createTransitionCounts } from '../../../src/serve/publish/pool-transitions.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { makeEndpoint, makePool } from '../../probe/checks.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';
import { PLAIN } from './responder.ts';

const SEED = 20_261_130;
const equal = (count: number, address: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => ({ address: address(i), weight: 100 }));
const ipv4 = (i: number) => `192.0.${2 + (i >> 8)}.${i & 0xff}`;
const ipv6 = (i: number) => `2001:db8::${i.toString(16)}`;
const zone = zoneFile('example.org', '', { pools: 'pools' });

/** What answers for a pool `web` of these members, at most so many in an answer. */
function poolOf(members: ReturnType<typeof equal>, addressesMax: number) {
  return answering(authorityOf([zone], new Map([['web', members]])), SEED, PLAIN, { addressesMax });
}

test.each([
  { of: 8, max: 8 },
  { of: 9, max: 8 },
  { of: 30, max: 8 },
  { of: 5, max: 1 },
  { of: 99, max: 98 },
  { of: 300, max: 300 },
  { of: 300, max: ANSWER_ADDRESSES_MAX },
  { of: 1_001, max: ANSWER_ADDRESSES_MAX },
])('$of members, $max in an answer: each is in as many answers', ({ of, max }) => {
  const { ask } = poolOf(equal(of, ipv4), max);
  const answered = Math.min(of, max);
  const answers = Math.ceil(4_000 / answered) + 100;
  const seen = new Map<string, number>();
  const first = new Set<string>();
  for (let i = 0; i < answers; i += 1) {
    const found = lines(ask({ name: 'web.pools.example.org' }, Transport.TCP).answer);
    expect(new Set(found).size).toBe(answered);
    expect(found).toHaveLength(answered);
    first.add(found[0]!);
    for (const line of found) seen.set(line, (seen.get(line) ?? 0) + 1);
  }
  // Where all are answered, they begin with another one too.
  expect(first.size).toBeGreaterThan(Math.min(of, answers) / 3);
  const chance = answered / of;
  // Within five standard deviations of a binomial's mean; the seed is fixed.
  const spread = Math.max(5, 5 * Math.sqrt(answers * chance * (1 - chance)));
  for (let i = 0; i < of; i += 1) {
    const count = [...seen].find(([line]) => line.endsWith(` ${ipv4(i)}`))?.[1] ?? 0;
    expect(Math.abs(count - answers * chance)).toBeLessThanOrEqual(spread);
  }
});

test('with weights that differ an answer is one address, whatever the most', () => {
  const members = equal(20, ipv4).map((member, i) => ({ ...member, weight: i + 1 }));
  for (const max of [1, 8, 1_000])
    expect(poolOf(members, max).ask({ name: 'web.pools.example.org' }).answer).toHaveLength(1);
});

describe(`${ANSWER_ADDRESSES_DEFAULT}, the default`, () => {
  const label = 'x'.repeat(63);
  /** 255 octets, the longest name (RFC 1035 §2.3.4). */
  const [, ...rest] = [label, label, label, label];
  const apex = `${rest.join('.').slice(0, 187)}.`;
  const long = zoneFile(apex, '', { pools: 'p' });
  const pool = 'y'.repeat(63);
  const name = `${pool}.p.${apex}`;

  test.each([
    { count: ANSWER_ADDRESSES_DEFAULT, fits: true },
    { count: ANSWER_ADDRESSES_DEFAULT + 1, fits: false },
  ])('$count AAAA records of the longest name fit in 512 octets, with OPT: $fits', ({ count, fits }) => {
    expect(parseName(name)).toHaveLength(255);
    const authority = authorityOf([long], new Map([[pool, equal(count, ipv6)]]));
    const { ask } = answering(authority, SEED, PLAIN, { addressesMax: count });
    for (const opts of [[], [{ udpOctetsMax: 512 }]])
      expect(ask({ name, type: 'AAAA', opts })).toMatchObject({
        tc: !fits,
        answer: { length: fits ? count : 0 },
      });
  });
});

test.each([
  { own: undefined, is: 5 },
  { own: null, is: 5 },
  { own: 0, is: 5 },
  { own: 1, is: 1 },
  { own: 1_000, is: 1_000 },
])('a pool that says $own answers with $is where the node says 5', ({ own, is }) => {
  const pool = makePool({
    endpoints: [makeEndpoint({ address: '192.0.2.1' })],
    ...(own !== undefined && { answerAddressesMax: own }),
  });
  const state = poolStateOf(
    {
      configured: { pool: () => pool },
      transitions: createTransitionCounts(),
      statusOf: () => ({ standing: 'unmonitored', endpoints: [{ health: { healthy: undefined } }] }) as never,
      unreadNameOf: () => undefined,
      addressesMax: 5,
      allDown: createAllDownLog(
        createAlarms(createLogger({ level: 'silent' })),
        createLastHealthy({ isWanted: () => false }),
      ),
    },
    pool.id,
  );
  expect(state.addressesMax).toBe(is);
});
