import { expect, test } from 'vitest';
import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation, ObservationKey } from '../../../src/health/observation.ts';
import {
  createOutbox,
  EVENTS_PENDING_MAX,
  EVENTS_PER_PUBLICATION_MAX,
  PUTS_MAX,
} from '../../../src/monitor/publish/outbox.ts';
import fc from '../../support/property.ts';
import { makeEvent, makeObservation } from '../observations.ts';

const of = (check: number | string, atMs = 1) =>
  makeObservation({ check: `check ${check}` as CheckKey, atMs });
const keyOf = ({ check, region, worker }: Observation): ObservationKey => ({ check, region, worker });

test('only the newest observation of a check waits, and it stays news if an older one was news', () => {
  const outbox = createOutbox();
  outbox.put(of(1, 1), true, []);
  outbox.put(of(1, 2), false, []);
  outbox.put(of(2, 1), false, []);
  expect([outbox.puts, outbox.hasNews]).toEqual([2, true]);
  expect(outbox.take(false)).toEqual({
    put: [{ observation: of(1, 2), changed: true }],
    drop: [],
    events: [],
  });
  expect([outbox.hasNews, outbox.take(false)]).toEqual([false, undefined]);
  expect(outbox.take(true)!.put).toEqual([{ observation: of(2, 1), changed: false }]);
  expect(outbox.isEmpty).toBe(true);
});

test('an observation and the drops that it replaces are published together', () => {
  const outbox = createOutbox();
  const gone = { check: of(1).check, region: 'eu', worker: 'w0' };
  outbox.put(of(1, 1), true, [gone]);
  outbox.put(of(1, 2), false, []);
  expect(outbox.take(false)).toEqual({
    put: [{ observation: of(1, 2), changed: true }],
    drop: [gone],
    events: [],
  });
});

test('a drop cancels the waiting observation of its check, and an observation cancels a waiting drop', () => {
  const outbox = createOutbox();
  outbox.put(of(1), true, []);
  outbox.drop(of(1));
  expect(outbox.take(true)).toEqual({ put: [], drop: [keyOf(of(1))], events: [] });
  outbox.drop(of(1));
  outbox.put(of(1), true, []);
  expect(outbox.take(true)).toEqual({ put: [{ observation: of(1), changed: true }], drop: [], events: [] });
});

test('a failed publication is repeated, unless something newer waits', () => {
  const outbox = createOutbox();
  const gone = { check: of(2).check, region: 'eu', worker: 'w0' };
  outbox.put(of(1, 1), true, []);
  outbox.put(of(2, 1), false, [gone]);
  outbox.put(of(3, 1), true, []);
  outbox.add([makeEvent({ atMs: 1 })]);
  const failed = outbox.take(true)!;
  outbox.put(of(1, 2), false, []);
  outbox.drop(of(3));
  outbox.add([makeEvent({ atMs: 2 })]);
  outbox.restore(failed);
  const again = outbox.take(true)!;
  expect(again.put).toEqual([
    { observation: of(1, 2), changed: true },
    { observation: of(2, 1), changed: false },
  ]);
  expect(again.drop).toHaveLength(2);
  expect(again.drop).toEqual(expect.arrayContaining([keyOf(of(3)), gone]));
  expect(again.events.map(({ atMs }) => atMs)).toEqual([1, 2]);
  expect(outbox.isEmpty).toBe(true);
});

test('a publication is bounded', () => {
  const outbox = createOutbox();
  for (let i = 0; i < PUTS_MAX + 1; i++) outbox.put(of(i), true, []);
  outbox.add(Array.from({ length: EVENTS_PER_PUBLICATION_MAX + 1 }, (_, atMs) => makeEvent({ atMs })));
  for (let i = 0; i < PUTS_MAX + 1; i++) outbox.drop(of(`gone ${i}`));
  const sizes = () => {
    const taken = outbox.take(false);
    return taken && [taken.put.length, taken.drop.length, taken.events.length];
  };
  expect([sizes(), sizes(), sizes()]).toEqual([
    [PUTS_MAX, PUTS_MAX, EVENTS_PER_PUBLICATION_MAX],
    [1, 1, 1],
    undefined,
  ]);
});

test('the outbox drops the oldest events when too many wait', () => {
  const outbox = createOutbox();
  outbox.add(Array.from({ length: EVENTS_PENDING_MAX }, (_, atMs) => makeEvent({ atMs })));
  expect(outbox.eventsLost).toBe(0);
  outbox.add([makeEvent({ atMs: -1 })]);
  expect(outbox.eventsLost).toBe(1);
  expect(outbox.take(false)!.events[0]!.atMs).toBe(1);
});

test('whatever publications fail, the store ends with the newest observation of each check', () => {
  const step = fc.record({
    check: fc.integer({ min: 0, max: 3 }),
    kind: fc.constantFrom('put', 'news', 'drop', 'fail', 'publish'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const outbox = createOutbox();
      const store = new Map<CheckKey, Observation>();
      const wanted = new Map<CheckKey, Observation>();
      const publish = (all: boolean) => {
        const taken = outbox.take(all);
        for (const { check } of taken?.drop ?? []) store.delete(check);
        for (const { observation } of taken?.put ?? []) store.set(observation.check, observation);
        return taken;
      };
      for (const [atMs, { check, kind }] of steps.entries()) {
        const observation = of(check, atMs);
        if (kind === 'fail') {
          const taken = outbox.take(true);
          if (taken !== undefined) outbox.restore(taken);
        } else if (kind === 'publish') publish(atMs % 2 === 0);
        else if (kind === 'drop') {
          outbox.drop(observation);
          wanted.delete(observation.check);
        } else {
          outbox.put(observation, kind === 'news', []);
          wanted.set(observation.check, observation);
        }
      }
      while (publish(true) !== undefined);
      expect(store).toEqual(wanted);
    }),
  );
});
