import { expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { formatName, type WireName } from '../../../src/dns/name.ts';
import { withoutPool } from '../../../src/serve/publish/choice-of.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import {
  createUnlaidLog,
  createUnpublishedLog,
  UNPUBLISHED_LOGGED_MAX,
} from '../../../src/serve/publish/unpublished-log.ts';
import { TRIED_AGAIN_MAX } from '../../../src/serve/publish/zone-table.ts';
import { createLogger } from '../../../src/telemetry/log.ts';
import { REPEAT_MS } from '../../../src/telemetry/repeats.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import { asking, sameSerial } from '../../answer/answering.ts';
import { steeredZone } from '../../answer/steering/steering-table.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

function logged() {
  const lines: { msg: string; unsaid?: number }[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  let nowMs = 0;
  const unpublished = createUnpublishedLog(createLogger({ level: 'info', destination }), () => nowMs);
  const at = (ms: number) => {
    nowMs = ms;
    return unpublished;
  };
  return { at, lines, said: () => lines.splice(0).map(({ msg, unsaid }) => [msg, unsaid]) };
}

test('a pool whose answer cannot be updated is logged once a minute, and when it is updated again', () => {
  const { at, said } = logged();
  const failed = 'Cannot update the answer of pool "web". The previous answer stays.';
  at(0).updated('web');
  for (const ms of [0, 1_000, REPEAT_MS - 1]) at(ms).failed('web', new Error('full'));
  expect(said()).toEqual([[failed, 0]]);
  at(REPEAT_MS).failed('web', new Error('full'));
  at(REPEAT_MS + 2_000).updated('other');
  at(REPEAT_MS + 2_000).updated('web');
  expect(said()).toEqual([
    [failed, 2],
    ['The answer of pool "web" is updated again, after 62 s.', undefined],
  ]);
  at(REPEAT_MS + 3_000).failed('web', new Error('full'));
  expect(said()).toEqual([[failed, 0]]);
});

test('at most UNPUBLISHED_LOGGED_MAX pools are logged by name, and one line counts the others', () => {
  const { at, lines } = logged();
  for (let i = 0; i < UNPUBLISHED_LOGGED_MAX + 5; i += 1) at(0).failed(`web${i}`, new Error('full'));
  expect(lines).toHaveLength(UNPUBLISHED_LOGGED_MAX + 1);
});

test('a load balancer that cannot be laid out was logged at each write of its name', () => {
  const lines: unknown[] = [];
  let nowMs = 0;
  const failed = createUnlaidLog({ error: (fields) => void lines.push(fields) }, () => nowMs);
  for (nowMs of [0, 1, REPEAT_MS - 1, REPEAT_MS]) failed('www.example.org', new Error('full'));
  expect(lines).toMatchObject([{ unsaid: 0 }, { unsaid: 2, loadBalancer: 'www.example.org' }]);
});

test('a pool that cannot be laid out for load balancers ended the process; the others are written', () => {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const failures: string[] = [];
  let broken = ['bad'];
  let last = 1;
  const zone = steeredZone([loadBalancer('w', { defaultPools: ['bad', 'good'], fallbackPool: 'bad' })]);
  const publisher = createPublisher(
    [zone],
    table,
    (pool) => void failures.push(pool),
    undefined,
    sameSerial(1),
    {
      node: {},
      byLatency: (pools) => pools,
      choiceOf(id) {
        if (broken.includes(id)) throw new Error('a fault of ours');
        const members = [{ address: `192.0.2.${id === 'good' ? last : 100 + last}`, weight: 1 }];
        return { ...withoutPool(id), isUsable: true, members, fallbackMembers: members };
      },
      nameOf: (id) => `pool ${id}`,
      failed: (_, error) => expect.fail(String(error)),
    },
  );
  const { ask } = asking(reader, 1);
  const answer = () => ask({ name: 'w.example.org' }).answer.map(({ line }) => line.split(' ').at(-1));
  const publish = (revision: number) =>
    publisher.publish(
      ['bad', 'good'].map((id) => ({ id, pool: undefined, members: [] })),
      revision,
    );
  publish(1);
  expect([answer(), new Set(failures)]).toEqual([['192.0.2.1'], new Set(['pool bad'])]);
  broken = [];
  publish(2);
  expect(answer()).toEqual(['192.0.2.101']);
  // What cannot be laid out stays as it was.
  broken = ['bad'];
  last = 2;
  publish(3);
  expect(answer()).toEqual(['192.0.2.101']);
});

test('a table without room for the pools or programs of a load balancer ended the process; all else is written', () => {
  // The first arena is also the largest.
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers), arenaWordsMax: 2 ** 18 });
  const reader = openTable(table.buffers);
  const failures: string[] = [];
  const members = Array.from({ length: 1_500 }, (_, i) => ({
    address: `2001:db8::${i.toString(16)}`,
    weight: 100,
  }));
  const ids = Array.from({ length: 30 }, (_, i) => `pool-${i}`);
  const zone = steeredZone(
    [
      loadBalancer('a', { name: 'a.example.org', defaultPools: ['small'], fallbackPool: 'small' }),
      ...ids.map((id) =>
        loadBalancer(id, { name: `${id}.example.org`, defaultPools: [id], fallbackPool: id }),
      ),
    ],
    zoneFile('example.org', ids.map((id) => `${id} 60 TXT x`).join('\n')),
  );
  let last = 1;
  const publisher = createPublisher(
    [zone],
    table,
    (pool) => void failures.push(pool),
    undefined,
    sameSerial(1),
    {
      ...{ node: {}, byLatency: (pools) => pools },
      choiceOf(id) {
        const all = id === 'small' ? [{ address: `192.0.2.${last}`, weight: 1 }] : members.slice(last);
        return { ...withoutPool(id), isUsable: true, members: all, fallbackMembers: all };
      },
      failed: (name) => void failures.push(name),
    },
  );
  const publish = (revision: number) =>
    publisher.publish(
      ['small', ...ids].map((id) => ({ id, pool: undefined, members: [] })),
      revision,
    );
  publish(1);
  const { ask } = asking(reader, 1);
  expect(ask({ name: 'a.example.org' }).answer).toHaveLength(1);
  const isBalanced = (id: string) =>
    ask({ name: `${id}.example.org`, type: 'AAAA' }, Transport.TCP).answer.length > 0;
  const balanced = ids.filter(isBalanced);
  // Those that found room answer, and of the others records do.
  expect(balanced.length).toBeGreaterThan(2);
  const others = ids.filter((id) => !balanced.includes(id));
  expect(failures.toSorted()).toEqual(others.map((id) => `${id}.example.org`).toSorted());
  for (const id of ids) expect(ask({ name: `${id}.example.org`, type: 'TXT' }).answer).toHaveLength(1);
  // Where there is no room for the new state of a pool, the one before stays.
  failures.length = 0;
  last = 2;
  publish(2);
  expect(failures.length).toBeGreaterThan(0);
  expect(failures.every((name) => ids.includes(name))).toBe(true);
  expect(ids.filter(isBalanced)).toEqual(balanced);
});

test('a table without room for the records of a zone ended the process; all that fit are answered, and the others when there is room', () => {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers), arenaWordsMax: 2 ** 18 });
  const reader = openTable(table.buffers);
  const unwritten: string[] = [];
  const numbers = Array.from({ length: 3_400 }, (_, i) => i);
  const zoneOf = (some: readonly number[]) =>
    zoneFile('example.org', some.map((i) => `n${i} 60 TXT ${'x'.repeat(250)}`).join('\n'));
  const told = { unwritten: (name: WireName) => void unwritten.push(formatName(name)) };
  const failed = () => expect.fail();
  const publisher = createPublisher(
    [zoneOf(numbers)],
    table,
    failed,
    undefined,
    sameSerial(1),
    undefined,
    told,
  );
  publisher.publish([], 1);
  const { ask } = asking(reader, 1);
  const isAnswered = (i: number) => ask({ name: `n${i}.example.org`, type: 'TXT' }).answer.length > 0;
  const others = numbers.filter((i) => !isAnswered(i));
  expect(others.length).toBeGreaterThan(100);
  expect(others.length).toBeLessThan(TRIED_AGAIN_MAX);
  expect(unwritten.toSorted()).toEqual(others.map((i) => `n${i}.example.org.`).toSorted());
  // Half of the others have gone, and as many of those that were answered.
  const left = numbers.filter((i) => i % 2 === 0);
  publisher.setZones(byApex([zoneOf(left)]));
  publisher.publish([], 2);
  publisher.setZones(byApex([zoneOf([...left, 9_999])]));
  publisher.publish([], 3);
  expect([...left, 9_999].filter((i) => !isAnswered(i))).toEqual([]);
});
