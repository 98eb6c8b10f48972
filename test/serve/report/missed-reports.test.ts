import { expect, test } from 'vitest';
import type { ReportedState } from '../../../src/event/reported.ts';
import type { RaisedAlarm } from '../../../src/event/transitions.ts';
import { createMissedReports, STORE_AWAY_MS } from '../../../src/serve/report/missed-reports.ts';

const ENDED_MS = 60_000;

/** The reasons of the events that are due on a node, at the first look after an absence and at one a second later. */
function reasonsOn(leadership: { othersMs: number | undefined }, answeredMs: number | undefined): string[][] {
  let nowMs = ENDED_MS + 10;
  const presence: { lastAbsence?: { fromMs: number; untilMs: number } } = {};
  const missed = createMissedReports({
    refresh: { presence, alarms: { raised: new Map() }, isReady: true } as never,
    leadership,
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
  });
  presence.lastAbsence = { fromMs: ENDED_MS - 2 * STORE_AWAY_MS, untilMs: ENDED_MS };
  const due = () => {
    missed.look();
    return [...missed.due(new Map(), true)].flatMap(({ events }) =>
      events.map((each) => (each as { reason: string }).reason),
    );
  };
  const first = due();
  nowMs += 1_000;
  leadership.othersMs = answeredMs;
  return [first, due()];
}

const TOLD = ['The store was away. Answers stayed as they were (for 10 seconds)', 'The store is back'];

test.each([
  { who: 'the leader', before: undefined, after: undefined, told: [TOLD, TOLD] },
  // Before: what the store had answered before the absence made this node forget it.
  {
    who: 'a node that gets the lead after it',
    before: ENDED_MS - 20_000,
    after: undefined,
    told: [TOLD, TOLD],
  },
  {
    who: 'a node that has no answer yet',
    before: ENDED_MS - 20_000,
    after: ENDED_MS - 20_000,
    told: [TOLD, TOLD],
  },
  { who: 'a node beside a new leader', before: ENDED_MS - 20_000, after: ENDED_MS + 500, told: [TOLD, []] },
])('an absence of the store is due on $who', ({ before, after, told }) => {
  expect(reasonsOn({ othersMs: before }, after)).toEqual(told);
});

test('the end of a refusal that the leader had reported itself was reported 10 s late, after it had given up the lead', () => {
  const subject = 'alarm/store_refuses/';
  const alarm = { kind: 'alarm', alarm: 'store_refuses', about: '', pools: [], cause: 'full' } as const;
  const raised = new Map<string, RaisedAlarm>();
  let nowMs = ENDED_MS;
  const missed = createMissedReports({
    refresh: { presence: { lastAbsence: undefined }, alarms: { raised }, isReady: true } as never,
    leadership: { othersMs: undefined },
    epochMs: () => nowMs,
    monotonicMs: () => nowMs,
  });
  const told = new Map<string, ReportedState>([[subject, alarm]]);
  const due = (isSettled: boolean) =>
    [...missed.due(told, isSettled)].map(({ events, drop }) => ({
      events: events.map((each) => [each.now, each.atMs]),
      drop,
    }));
  raised.set(subject, { ...alarm, reason: 'full', sinceMs: nowMs });
  missed.look();
  expect(due(false)).toEqual([]);
  nowMs += 1_000;
  raised.clear();
  missed.look();
  const endedMs = nowMs;
  nowMs += 500;
  expect(due(false)).toEqual([{ events: [['quiet', endedMs]], drop: [subject] }]);
  // Where the lead is older, the alarms themselves are compared, which tells it.
  expect(due(true)).toEqual([]);
});
