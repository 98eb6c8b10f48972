import type { ReportedEvent } from '../../../src/event/event.ts';
import { LEAD_MS, type Lead, type Report } from '../../../src/store/contract/lead.ts';
import type { Witness } from '../world/link.ts';

/** Leads, and what is reported under them, as an onlooker counts them, without the store's own code. */
export interface LeadBook {
  readonly witness: Witness;
  /** The store was started again: the node that led does so no more. `isEmptied`: it has also lost what was reported. */
  forget(isEmptied: boolean): void;
  /** Returns what makes a store that lacks what was reported since take the place of this one: the node that led does so no more. */
  remember(): () => void;
  /** Whether the store may have given a node the lead, which has not ended. */
  mayLead(node: string): boolean;
  /** When the store was started again without its leads; long ago: never. */
  readonly forgottenMs: number;
  /** The cursor at which the one destination began, which hears of nothing before; undefined: it has not begun. */
  readonly placed: string | undefined;
  /** Events reported, and writes refused, so far. */
  readonly reported: number;
  readonly fenced: number;
}

/** What an event is about, and what it says that was and is. */
function turnOf(event: ReportedEvent): {
  readonly about: string;
  readonly was: string;
  readonly now: string;
  /** It is news although these two are equal. */
  readonly isOtherwise?: boolean;
} {
  const { kind, was, now } = event;
  switch (event.kind) {
    case 'endpoint':
      return { about: `${kind} ${event.pool} ${event.endpoint}`, was, now };
    case 'pool':
      return { about: `${kind} ${event.pool}`, was, now };
    case 'load_balancer': {
      // Other pools may answer in the same state, or the fallback pool answers otherwise.
      const pools = (all: typeof event.pools) => all.map(({ name }) => name).join('+');
      const isOtherwise = was === now && pools(event.wasPools) === pools(event.pools);
      return {
        about: `${kind} ${event.loadBalancer}`,
        was: `${was} ${pools(event.wasPools)}`,
        now: `${now} ${pools(event.pools)}`,
        isOtherwise,
      };
    }
    case 'region':
      return { about: `${kind} ${event.region}`, was, now };
    case 'worker':
      return { about: `${kind} ${event.worker}`, was, now };
    case 'override':
      return { about: `${kind} ${event.override}`, was, now };
    case 'alarm':
      return { about: `${kind} ${event.alarm} ${event.about}`, was, now };
  }
}

/**
 * Tells `fault` when two nodes lead at a time, when one that does not lead gets through, and of what is reported twice or
 * left out: each turn begins where the last one ended. `now` is of the store's clock.
 */
export function createLeadBook(now: () => number, fault: (error: unknown) => void): LeadBook {
  let held: { readonly node: string; readonly token: number; renewedMs: number } | undefined;
  /** By what it is about; several where a replica that lacked reports took over, and its node may go on from either. */
  let last = new Map<string, readonly string[]>();
  let forgottenMs = Number.NEGATIVE_INFINITY;
  let placed: string | undefined;
  let reported = 0;
  let fenced = 0;
  const isHeld = (lead: Lead) => held?.token === lead.token && now() - held.renewedMs < LEAD_MS;

  function take({ events }: Report): void {
    reported += events.length;
    for (const event of events) {
      const { about, was, now: is, isOtherwise = event.kind === 'override' } = turnOf(event);
      const before = last.get(about);
      if (was === is && !isOtherwise) fault(new Error(`reported without a turn: ${about} is ${is}`));
      // One that ended may be given another time, before which it is pending again; one that holds another action.
      if (before !== undefined && !before.includes(was) && event.kind !== 'override')
        fault(
          new Error(`reported that ${about} was ${was} and is ${is}, after it was reported to be ${before}`),
        );
      // What comes in the place of what was deleted is another.
      if (event.now === 'deleted') last.delete(about);
      else last.set(about, [is]);
    }
  }

  return {
    get reported() {
      return reported;
    },
    get fenced() {
      return fenced;
    },
    mayLead: (node) => held?.node === node && now() - held.renewedMs < LEAD_MS,
    get forgottenMs() {
      return forgottenMs;
    },
    get placed() {
      return placed;
    },
    forget(isEmptied) {
      held = undefined;
      forgottenMs = now();
      if (!isEmptied) return;
      last = new Map();
      placed = undefined;
    },
    remember() {
      const [wasLast, wasPlaced] = [last, placed];
      last = new Map(last);
      return () => {
        const both = [...last].flatMap(([about, states]) => {
          const known = wasLast.get(about);
          return known === undefined ? [] : [[about, [...new Set([...known, ...states])]] as const];
        });
        last = new Map(both);
        placed = wasPlaced;
        held = undefined;
        forgottenMs = now();
      };
    },
    witness(method, args) {
      const lead = args[0] as Lead;
      const was = held;
      const isFree = !was || now() - was.renewedMs >= LEAD_MS;
      const mayWrite = method === 'report' || method === 'moveCursor' ? isHeld(lead) : false;
      return (result) => {
        switch (method) {
          case 'lead': {
            const given = result as Lead | undefined;
            if (given === undefined) return;
            if (was && !isFree && was.node !== given.node)
              fault(new Error(`${given.node} leads, and ${was.node} does`));
            held = { ...given, renewedMs: now() };
            return;
          }
          case 'renewLead':
            if (result === 'renewed' && held?.token === lead.token) held.renewedMs = now();
            return;
          case 'resign':
            if (held?.token === lead.token) held = undefined;
            return;
          case 'report':
          case 'moveCursor':
            if (result === 'fenced') fenced++;
            else if (!mayWrite) fault(new Error(`${lead.node} got a ${method} through without the lead`));
            else if (method === 'report') take(args[1] as Report);
            else placed ??= args[2] as string;
            return;
          default:
            return;
        }
      };
    },
  };
}
