import type { CheckKey } from '../../../src/check/check.ts';
import type { Observation, ObservationKey } from '../../../src/health/observation.ts';
import { createAssignedChecks } from '../../../src/monitor/assignment/assigned-checks.ts';
import { createCheckIndex } from '../../../src/monitor/assignment/check-index.ts';
import { assigned } from '../../../src/voting/assignment.ts';
import { makeEndpoint, makeMonitor, makePool } from '../../probe/checks.ts';
import { makeObservation } from '../observations.ts';

/** A region of workers around one store, without clocks and networks: things happen when a test says so. */
export function makeRegion(checks: number, probersPerRegion: number) {
  const index = createCheckIndex();
  const poolId = (at: number) => String(at).padStart(32, '0');
  const configured = (at: number) => {
    const endpoints = [makeEndpoint({ address: `192.0.2.${at}` })];
    return {
      kind: 'pool',
      id: poolId(at),
      revision: 1,
      value: makePool({ id: poolId(at), endpoints }),
    } as const;
  };
  const monitor = makeMonitor();
  index.load([
    { kind: 'monitor', id: monitor.id, revision: 1, value: monitor },
    ...Array.from({ length: checks }, (_, at) => configured(at)),
  ]);
  const keys = [...index.keys()];
  const store = new Map<string, Observation>();
  const workers = new Map<string, ReturnType<typeof makeWorker>>();
  let clockMs = 0;

  const nameOf = ({ check, worker }: ObservationKey) => `${worker} ${check}`;
  const putIn = (observation: Observation, isNews: boolean) => {
    store.set(nameOf(observation), observation);
    if (isNews) for (const { assignedChecks } of workers.values()) assignedChecks.observed([observation]);
  };

  function makeWorker(id: string) {
    const running = new Set<CheckKey>();
    let known: readonly string[] = [];
    const assignedChecks = createAssignedChecks({
      worker: { id, region: 'eu', startedAtMs: 0 },
      index,
      probersPerRegion,
      epochMs: () => clockMs,
      begin: ({ key }) => running.add(key),
      end: (key) => running.delete(key),
      publish: (observation) => putIn(observation, true),
      drop: (key) => store.delete(nameOf(key)),
    });
    /** Reads the whole store. */
    const resync = (observations = [...store.values()]) => {
      for (const _ of assignedChecks.resync(observations));
    };
    const reassign = (touched: Iterable<CheckKey>) => {
      for (const key of touched) assignedChecks.reassign(key);
      assignedChecks.sweep(index.touchedPools);
    };
    return {
      assignedChecks,
      running,
      resync,
      /** Sees who is live, as on a beat. */
      beat() {
        const live = [...workers.keys()];
        const isGone = known.some((other) => !live.includes(other));
        const mustRead = known.length === 0 || isGone || assignedChecks.releasing > 0;
        known = live;
        assignedChecks.setLive(live);
        if (mustRead) resync();
        reassign(index.keys());
      },
      /** Ends a run of one of its checks. */
      find(key: CheckKey) {
        if (!assignedChecks.has(key)) return;
        const before = assignedChecks.before(key);
        const streak = (before?.streak ?? 0) + 1;
        const observation = makeObservation({ check: key, worker: id, atMs: ++clockMs, streak });
        const replaced = assignedChecks.record(observation);
        putIn(observation, before?.worker !== id);
        for (const gone of replaced) store.delete(nameOf(gone));
      },
      forget: reassign,
    };
  }

  return {
    index,
    keys,
    store,
    workers,
    join(id: string) {
      if (!workers.has(id)) workers.set(id, makeWorker(id));
    },
    kill: (id: string) => workers.delete(id),
    remove(at: number) {
      const touched = index.apply({ revision: 2, entries: [{ op: 'delete', kind: 'pool', id: poolId(at) }] });
      for (const worker of workers.values()) worker.forget(touched);
    },
    /** Disables a pool, or enables it again; `told`: the workers learn of it. */
    enable(at: number, enabled: boolean, told = true) {
      const document = configured(at);
      const value = { ...document.value, enabled };
      const touched = index.apply({
        revision: 2,
        entries: [{ op: 'put', document: { ...document, value } }],
      });
      if (told) for (const worker of workers.values()) worker.forget(touched);
    },
    advance: (ms: number) => {
      clockMs += ms;
    },
    settle() {
      for (let round = 0; round < 3; round++) {
        for (const worker of workers.values()) worker.beat();
        for (const worker of workers.values()) for (const key of keys) worker.find(key);
      }
    },
    /** Who holds what by the store, and by right. */
    holders: () =>
      [...store.values()]
        .filter(({ ended }) => ended === undefined)
        .map(nameOf)
        .sort(),
    rightful: () =>
      [...index.keys()]
        .flatMap((check) =>
          assigned(check, [...workers.keys()], probersPerRegion).map((worker) => `${worker} ${check}`),
        )
        .sort(),
  };
}
