import { LEAD_MS, type Lead, type Store, StoreUnavailable } from '../../store/store.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';

/** How often the lead is asked for, or renewed. */
export const LEAD_INTERVAL_MS = 1_000;

/** How long a node that cannot tell leaves the lead to others. */
export const YIELD_MS = 2 * LEAD_MS;

/** Whether this node is the one that tells and notifies. */
export interface Leadership {
  /** The lead, as long as the store cannot have given it to another. */
  readonly lead: Lead | undefined;
  /** Another node has it, by what the store said when it was asked last. */
  readonly isOthers: boolean;
  /** The store refused this lead: it has ended. */
  lost(lead: Lead): void;
  /**
   * The store refuses what is told under this lead: hands it over, and does not ask for it for YIELD_MS, so that a node
   * which can tell may have it.
   */
  yield(lead: Lead): void;
  /** Hands the lead over. */
  stop(): Promise<void>;
}

/** What startLeadership works with. */
export interface LeadershipOptions {
  readonly store: Pick<Store, 'lead' | 'renewLead' | 'resign'>;
  /** Id of this node. */
  readonly node: string;
  readonly log: Logger;
  /** Milliseconds of a clock that does not jump. */
  readonly now?: () => number;
}

/** Asks for the lead from now on, and keeps it; never throws. While the store is away nobody leads. */
export function startLeadership({
  store,
  node,
  log,
  now = () => performance.now(),
}: LeadershipOptions): Leadership {
  let held: Lead | undefined;
  /** When it was last asked for with success: it lasts LEAD_MS from then at least. */
  let confirmedMs = Number.NEGATIVE_INFINITY;
  let isOthers = false;
  const repeats = createRepeats();
  let isStopped = false;
  let yieldsUntilMs = Number.NEGATIVE_INFINITY;
  const isCertain = () => now() - confirmedMs < LEAD_MS;

  function end(
    text = 'This node is no longer the leader. Another node now records events and sends notifications.',
  ): void {
    if (held !== undefined) log.info({ node }, text);
    held = undefined;
  }

  async function ask(): Promise<void> {
    const askedMs = now();
    try {
      if (held !== undefined && (await store.renewLead(held)) === 'lost') end();
      if (held === undefined && now() >= yieldsUntilMs) {
        held = await store.lead(node);
        isOthers = held === undefined;
        if (held !== undefined) log.info({ node }, 'this node leads: it tells what happens');
      }
      if (held !== undefined) confirmedMs = askedMs;
      const seconds = repeats.over();
      if (seconds !== undefined) log.info({ node }, `The store answers again who leads, after ${seconds} s.`);
    } catch (error) {
      const unsaid = error instanceof StoreUnavailable ? undefined : repeats.due(String(error));
      if (unsaid !== undefined)
        log.error({ err: error, unsaid }, 'Cannot ask the store which node leads. This node asks again.');
      if (!isCertain()) end();
    }
  }

  let timer: NodeJS.Timeout | undefined;
  let asking = Promise.resolve();
  function askAgain(): void {
    asking = ask().finally(() => {
      if (!isStopped) timer = setTimeout(askAgain, LEAD_INTERVAL_MS);
    });
  }
  askAgain();

  return {
    get lead() {
      return isCertain() ? held : undefined;
    },
    get isOthers() {
      return isOthers;
    },
    lost(lead) {
      if (held?.token === lead.token) end();
    },
    yield(lead) {
      if (held?.token !== lead.token) return;
      end(
        `This node gives up the lead for ${YIELD_MS / 1_000} s, since the store refuses the events that it writes.`,
      );
      yieldsUntilMs = now() + YIELD_MS;
      // Where that is refused, too, the lead ends by itself.
      store.resign(lead).catch(() => undefined);
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await asking;
      const last = held;
      held = undefined;
      // Where the store is away the lead ends by itself.
      if (last !== undefined) await store.resign(last).catch(() => undefined);
    },
  };
}
