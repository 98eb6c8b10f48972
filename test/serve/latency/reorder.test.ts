import { expect, test } from 'vitest';
import { openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import type { LoadBalancer } from '../../../src/load-balancer/load-balancer.ts';
import { planOf } from '../../../src/load-balancer/steering/plan.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import { steeredSets, withSteered } from '../../../src/zone/steered.ts';
import { sameSerial } from '../../answer/answering.ts';
import { decode } from '../../answer/decode.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { responderOver } from '../../answer/respond/responder.ts';
import { loadBalancer as anyLoadBalancer } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const A = 'a'.repeat(32);
const B = 'b'.repeat(32);
const C = 'c'.repeat(32);
const ADDRESSES: Readonly<Record<string, string>> = { [A]: '192.0.2.1', [B]: '192.0.2.2', [C]: '192.0.2.3' };

const loadBalancer = (label: string, fields: Partial<LoadBalancer>): LoadBalancer =>
  anyLoadBalancer(label.padEnd(32, '0'), {
    name: label === '@' ? 'example.com' : `${label}.example.com`,
    zoneName: 'example.com',
    defaultPools: [],
    fallbackPool: C,
    steeringPolicy: 'dynamic_latency',
    ...fields,
  });

/** Load balancers in a table, for clients of Western Europe, and the orders that are measured there. */
function laidOut(all: readonly LoadBalancer[]) {
  const file = zoneFile('example.com', 'other 60 TXT a');
  const zoneOf = (each: readonly LoadBalancer[]) =>
    withSteered(
      file,
      each.flatMap((one) => steeredSets(planOf(one))),
    );
  const measured = new Map<string, readonly string[]>();
  const asked: string[] = [];
  const failed = (_: string, error: unknown) => {
    throw error;
  };
  const table = createTable();
  const publisher = createPublisher([zoneOf(all)], table, failed, undefined, sameSerial(1), {
    node: { region: 'WEU' },
    byLatency(list, region) {
      asked.push(list.join());
      return region === 'WEU' ? (measured.get(list.join()) ?? list) : list;
    },
    choiceOf: (id) => {
      const members = [{ address: ADDRESSES[id]!, weight: 1 }];
      return {
        id,
        isUsable: true,
        members,
        fallbackMembers: members,
        endpointSteering: 'random',
        shedPercent: 0,
        isShedByHash: false,
      };
    },
    failed,
  });
  publisher.publish([], 1);
  const { respond } = responderOver(openTable(table.buffers));
  return {
    publisher,
    measured,
    /** The orders that were asked for since the last call. */
    asked: () => new Set(asked.splice(0)),
    set: (each: readonly LoadBalancer[]) => publisher.setZones(byApex([zoneOf(each)])),
    answer(name: string) {
      const reply = Buffer.alloc(512);
      const length = respond(queryPacket({ name }), reply);
      return decode(reply.subarray(0, length)).answer.map(({ rdata }) =>
        [...Buffer.from(rdata, 'hex')].join('.'),
      );
    },
  };
}

/** Runs a reorder() to its end; returns what it found. */
function reordered({ publisher }: ReturnType<typeof laidOut>): boolean {
  const steps = publisher.reorder();
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

test('load balancers with another order of latency are laid out again with the next generation, and no others', () => {
  const one = laidOut([
    loadBalancer('@', { defaultPools: [A, B] }),
    loadBalancer('*.w', { defaultPools: [A, B] }),
    loadBalancer('other', { defaultPools: [B, A] }),
    loadBalancer('off', { defaultPools: [A, B, C], steeringPolicy: 'off' }),
  ]);
  const { publisher, measured } = one;
  const names = ['example.com', 'x.w.example.com', 'other.example.com', 'off.example.com'];
  const answers = () => names.flatMap(one.answer);
  const [a, b] = [ADDRESSES[A]!, ADDRESSES[B]!];
  expect(answers()).toEqual([a, a, b, a]);
  expect(new Set([...publisher.byLatency()].map((list) => list.join()))).toEqual(
    new Set([`${A},${B}`, `${B},${A}`]),
  );
  expect(reordered(one)).toBe(false);
  expect(publisher.isBehind).toBe(false);

  measured.set(`${A},${B}`, [B, A]);
  expect(reordered(one)).toBe(true);
  expect(publisher.isBehind).toBe(true);
  expect(answers()).toEqual([a, a, b, a]);
  one.asked();
  publisher.publish([], 1);
  expect(one.asked()).toEqual(new Set([`${A},${B}`]));
  expect(publisher.isBehind).toBe(false);
  expect(answers()).toEqual([b, b, b, a]);
  expect(reordered(one)).toBe(false);
});

test('a load balancer that goes, or gets another policy, before it is laid out again is none', () => {
  const one = laidOut([
    loadBalancer('w', { defaultPools: [A, B] }),
    loadBalancer('x', { defaultPools: [A, B] }),
  ]);
  const { publisher, measured } = one;
  measured.set(`${A},${B}`, [B, A]);
  expect(reordered(one)).toBe(true);
  one.set([loadBalancer('x', { defaultPools: [A, B], steeringPolicy: 'off' })]);
  publisher.publish([], 2);
  expect(one.answer('w.example.com')).toEqual([]);
  expect(one.answer('x.example.com')).toEqual([ADDRESSES[A]]);
  expect([...publisher.byLatency()]).toEqual([]);
  expect(reordered(one)).toBe(false);
});

test('rules and pool sets have orders of their own', () => {
  const one = laidOut([
    loadBalancer('w', {
      defaultPools: [C],
      steeringPolicy: 'off',
      rules: [
        {
          name: 'quick',
          condition: 'dns.qry.type == 1',
          overrides: { pools: [A, B], steeringPolicy: 'dynamic_latency' },
        },
      ],
    }),
  ]);
  expect(one.answer('w.example.com')).toEqual([ADDRESSES[A]]);
  one.measured.set(`${A},${B}`, [B, A]);
  expect(reordered(one)).toBe(true);
  one.publisher.publish([], 1);
  expect(one.answer('w.example.com')).toEqual([ADDRESSES[B]]);
});
