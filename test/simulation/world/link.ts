import { StoreUnavailable } from '../../../src/store/contract/failure.ts';
import type { Follower, Following, Position } from '../../../src/store/contract/feed.ts';
import type { Store } from '../../../src/store/store.ts';
import type { SimulatedStore } from './store.ts';
import type { Process, VirtualTime } from './virtual-time.ts';

/** What lies between one process and the store. */
export interface Link {
  /** The store as that process sees it. */
  readonly store: Store;
  readonly isUp: boolean;
  /** What a message takes in each direction, milliseconds. */
  delayMs: number;
  setUp(isUp: boolean): void;
}

/** What of a store is called and answered once. */
const CALLS = [
  'read',
  'get',
  'commit',
  'continues',
  'adopt',
  'observations',
  'observed',
  'publish',
  'join',
  'renew',
  'leave',
  'workers',
  'events',
  'eventsAfter',
  'reaches',
  'lead',
  'renewLead',
  'resign',
  'reported',
  'report',
  'cursor',
  'moveCursor',
  'announce',
  'withdraw',
  'nodes',
  'requestPreview',
  'takePreview',
  'answerPreview',
  'preview',
] as const satisfies readonly (keyof Store)[];
/** How long it takes to notice that a link is down. */
const REFUSED_MS = 1;

/** Is told of every call as the store begins to carry it out; what it returns, of what came of it. */
export type Witness = (method: (typeof CALLS)[number], args: readonly unknown[]) => (result: unknown) => void;

/**
 * A link that is up. While it is down every call fails and followers are told nothing; what was under way fails too,
 * and the store may or may not have carried it out. Messages never overtake each other.
 */
export function openLink(
  time: VirtualTime,
  server: SimulatedStore,
  process: Process,
  witness: Witness,
): Link {
  let isUp = true;
  let delayMs = 1;
  const lastMs = { there: 0, back: 0 };
  const onTurn = new Set<(isUp: boolean) => void>();

  function send(direction: 'there' | 'back', body: () => void): void {
    const arrivesMs = Math.max(time.nowMs + delayMs, lastMs[direction]);
    lastMs[direction] = arrivesMs;
    time.after(arrivesMs - time.nowMs, body, direction === 'back' ? process : undefined);
  }

  function call(method: (typeof CALLS)[number], args: readonly unknown[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const fail = () =>
      time.after(REFUSED_MS, () => reject(new StoreUnavailable('the link is down')), process);
    if (!isUp) fail();
    else {
      const sent = structuredClone(args);
      const body = server[method] as (...args: readonly unknown[]) => Promise<unknown>;
      send('there', () => {
        if (!isUp) return fail();
        const done = witness(method, sent);
        body.apply(server, sent as unknown[]).then(
          (result) => {
            done(result);
            send('back', () => (isUp ? resolve(result) : reject(new StoreUnavailable('no answer'))));
          },
          (error: unknown) => send('back', () => reject(error)),
        );
      });
    }
    return promise;
  }

  function follow(from: Position, follower: Follower): Following {
    let position = from;
    let isStopped = false;
    /** Counts the connections: what an earlier one sent is lost with it. */
    let connection = 0;
    let atServer: Following | undefined;
    let saysUp = true;

    function connect(): void {
      const mine = ++connection;
      const tell = (body: () => void) =>
        send('back', () => {
          if (!isStopped && mine === connection) body();
        });
      if (!isUp) return;
      send('there', () => {
        if (isStopped || mine !== connection || !isUp) return;
        if (!saysUp) tell(() => follower.connected((saysUp = true)));
        atServer = server.follow(position, {
          changed: (change) =>
            tell(() => {
              position = { ...position, revision: change.revision };
              follower.changed(change);
            }),
          observed: (news, at) =>
            tell(() => {
              position = { ...position, observation: at };
              follower.observed(news, at);
            }),
          lost: () =>
            tell(() => {
              end();
              follower.lost();
            }),
          connected: () => undefined,
        });
      });
    }

    function turned(up: boolean): void {
      void atServer?.stop();
      atServer = undefined;
      connect();
      const mine = connection;
      if (up) return;
      const noteDown = () => {
        if (!isStopped && mine === connection && saysUp) follower.connected((saysUp = false));
      };
      time.after(REFUSED_MS, noteDown, process);
    }

    function end(): void {
      isStopped = true;
      onTurn.delete(turned);
      void atServer?.stop();
    }

    onTurn.add(turned);
    connect();
    if (!isUp) turned(false);
    return { stop: async () => end() };
  }

  const calls = CALLS.map((method) => [method, (...args: unknown[]) => call(method, args)]);
  return {
    store: { ...Object.fromEntries(calls), follow, close: async () => undefined } as Store,
    get isUp() {
      return isUp;
    },
    get delayMs() {
      return delayMs;
    },
    set delayMs(next) {
      delayMs = next;
    },
    setUp(next) {
      if (next === isUp) return;
      isUp = next;
      for (const turn of [...onTurn]) turn(next);
    },
  };
}
