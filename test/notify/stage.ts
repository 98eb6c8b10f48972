import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Notifications } from '../../src/config/notified.ts';
import type { ReportedEvent } from '../../src/event/event.ts';
import { destinationsOf, type Notifying, startNotifying } from '../../src/notify/notify.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { type Alarms, createAlarms } from '../../src/serve/alarm/alarms.ts';
import { type Lead, REPORT_MAX } from '../../src/store/contract/lead.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import type { Store } from '../../src/store/store.ts';
import { createLogger } from '../../src/telemetry/log.ts';

/** A store that a test tells through, and nodes that notify from it. */
export interface Stage {
  readonly store: Store;
  /** Keeps events as the node that leads; those who notify find them by themselves. */
  tell(...events: ReportedEvent[]): Promise<void>;
  /** Gives the lead to a node, also where another one has it. */
  lead(node: string): Promise<Lead>;
  /** Starts what a node notifies with, which has the lead while the last `lead` was for it. */
  notify(notifications: Notifications, node?: string): Notifying;
  /** Pools as they are configured now. */
  readonly pools: Map<string, Pool>;
  readonly alarms: Alarms;
  /** Subjects of the alarms that are raised. */
  raised(): string[];
  /** Lines of the log, and a wait for one that has this message. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  logged(message: RegExp): Promise<Readonly<Record<string, unknown>>>;
}

/** One with a store of its own, until the test ends; node `a` leads. */
export async function setStage(given?: Store): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-notify-'));
  const store = given ?? openEmbeddedStore(join(directory, 'store.sqlite'));
  const running: Notifying[] = [];
  onTestFinished(async () => {
    clearInterval(renewing);
    await Promise.all(running.map((each) => each.stop()));
    await store.close();
    rmSync(directory, { recursive: true });
  });
  const lines: Record<string, unknown>[] = [];
  const waiting = new Set<() => void>();
  const log = createLogger({
    level: 'info',
    destination: {
      write(line) {
        lines.push(JSON.parse(line));
        for (const look of waiting) look();
      },
    },
  });
  let held = (await store.lead('a'))!;
  // While the store is away the lead cannot be renewed, and afterwards it may have ended.
  const renewing = setInterval(() => {
    void store
      .renewLead(held)
      .then(async (renewed) => {
        if (renewed === 'lost') held = (await store.lead(held.node)) ?? held;
      })
      .catch(() => {});
  }, 1_000);
  const pools = new Map<string, Pool>();
  const alarms = createAlarms(log);
  return {
    store,
    pools,
    alarms,
    raised: () => [...alarms.raised.keys()],
    lines,
    async tell(...events) {
      for (let at = 0; at < events.length; at += REPORT_MAX) {
        const told = { events: events.slice(at, at + REPORT_MAX), put: [], drop: [] };
        if ((await store.report(held, told)) === 'fenced') throw new Error('the lead has ended');
      }
    },
    async lead(node) {
      await store.resign(held);
      held = (await store.lead(node))!;
      return held;
    },
    notify(notifications, node = 'a') {
      const destinations = destinationsOf({ notifications, log, poolOf: (id: string) => pools.get(id) });
      const lead = () => (held.node === node ? held : undefined);
      const one = startNotifying(destinations, { store, log, alarms, lead });
      running.push(one);
      return one;
    },
    logged: (message) =>
      new Promise((resolve) => {
        const look = () => {
          const found = lines.find(({ msg }) => message.test(String(msg)));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Resolves once these destinations have a cursor: what is told from then on is for them. */
export async function isPlaced(store: Store, ...keys: string[]): Promise<void> {
  for (const key of keys) await until(async () => (await store.cursor(key)) !== undefined);
}

/** Resolves once it is remembered that a destination has all that was told. */
export async function hasAll(store: Store, key: string): Promise<void> {
  await until(async () => {
    const [newest] = await store.events(1, undefined, 'told');
    return newest !== undefined && (await store.cursor(key)) === newest.cursor;
  });
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 10));
}
