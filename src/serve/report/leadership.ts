import { StoreUnavailable } from '../../store/contract/failure.ts';
import { LEAD_MS, type Lead, type LeadStore } from '../../store/contract/lead.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';

/** Time between two requests for the lead, or renewals of it, milliseconds. */
export const LEAD_INTERVAL_MS = 1_000;

/** Time for which a node that cannot write events leaves the lead to others, milliseconds. */
export const YIELD_MS = 2 * LEAD_MS;

/** Tracks whether this node is the leader, which reports and notifies. */
export interface Leadership {
  /** The lead, while no other node can have it; undefined: this node is not the leader. */
  readonly lead: Lead | undefined;
  /** When this node asked last, where the store answered that another node is the leader; undefined: it did not. A monotonic time. */
  readonly othersMs: number | undefined;
  /** Notes that the store refused this lead, which has ended. */
  lost(lead: Lead): void;
  /**
   * Gives up this lead because the store refuses its reports, and does not ask for the lead for YIELD_MS, so that a
   * node that can write gets it.
   */
  yield(lead: Lead): void;
  /** Asks for the lead again, although the time of yield() is not over. */
  resume(): void;
  /** Gives up the lead. */
  stop(): Promise<void>;
}

/** Dependencies of startLeadership. */
export interface LeadershipOptions {
  readonly store: Pick<LeadStore, 'lead' | 'renewLead' | 'resign'>;
  /** Id of this node. */
  readonly node: string;
  readonly log: Logger;
  /** A clock that never jumps, milliseconds. */
  readonly monotonicMs?: () => number;
}

/** Starts to ask for the lead, and keeps it. Never throws. While the store is away no node leads. */
export function startLeadership({
  store,
  node,
  log,
  monotonicMs = () => performance.now(),
}: LeadershipOptions): Leadership {
  let currentLead: Lead | undefined;
  /** Time of the latest successful request. The lead lasts at least LEAD_MS from then. */
  let confirmedMs = Number.NEGATIVE_INFINITY;
  let othersMs: number | undefined;
  const repeats = createRepeats();
  let isStopped = false;
  let yieldsUntilMs = Number.NEGATIVE_INFINITY;
  const isCertain = () => monotonicMs() - confirmedMs < LEAD_MS;

  function end(
    text = 'This node is no longer the leader. The next leader records events and sends notifications.',
  ): void {
    if (currentLead !== undefined) log.info({ node }, text);
    currentLead = undefined;
  }

  async function ask(): Promise<void> {
    const askedMs = monotonicMs();
    try {
      if (currentLead !== undefined && (await store.renewLead(currentLead)) === 'lost') end();
      if (currentLead === undefined && monotonicMs() >= yieldsUntilMs) {
        currentLead = await store.lead(node);
        othersMs = currentLead === undefined ? askedMs : undefined;
        if (currentLead !== undefined)
          log.info({ node }, 'This node is the leader. It records events and sends notifications.');
      }
      if (currentLead !== undefined) confirmedMs = askedMs;
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
      return isCertain() ? currentLead : undefined;
    },
    get othersMs() {
      return othersMs;
    },
    lost(lead) {
      if (currentLead?.token === lead.token) end();
    },
    yield(lead) {
      if (currentLead?.token !== lead.token) return;
      end(
        `This node gives up the lead for ${YIELD_MS / 1_000} s, since the store refuses the events that it writes.`,
      );
      yieldsUntilMs = monotonicMs() + YIELD_MS;
      // Where the store refuses that too, the lead ends by itself.
      store.resign(lead).catch(() => undefined);
    },
    resume() {
      yieldsUntilMs = Number.NEGATIVE_INFINITY;
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await asking;
      const last = currentLead;
      currentLead = undefined;
      // Where the store is away the lead ends by itself.
      if (last !== undefined) await store.resign(last).catch(() => undefined);
    },
  };
}
