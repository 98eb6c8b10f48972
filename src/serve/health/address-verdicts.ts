import type { Observation } from '../../health/observation.ts';
import { judge, type Verdict } from '../../health/verdict.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';
import { createVerdicts, type VerdictRules } from './verdicts.ts';

/** One of the addresses of a host name, as one scope sees it. */
export interface AddressVerdict {
  readonly address: string;
  /** undefined: nobody was able to probe it yet. */
  readonly healthy: boolean | undefined;
  /** The verdict is no more than held. */
  readonly stale: boolean;
  /** What of its weight it has again, since it came back; absent: all. */
  readonly recovered?: number;
  /** Until when it is out since it flaps, by the clock of the health state; absent: it does not. */
  readonly heldOutUntilMs?: number;
}

/** A host name as one scope sees it. */
export interface NameVerdict {
  /** In the order of their texts. */
  readonly addresses: readonly AddressVerdict[];
  /** For how many seconds they may be kept; absent: nobody said. */
  readonly ttlSeconds?: number;
  /** Addresses that are not probed, since there are too many. */
  readonly unprobed: number;
  /** When it was observed last, by the clocks of the workers; before all else where it is no more than remembered. */
  readonly atMs: number;
}

/** The observations by which the addresses of a host name are judged. */
export interface AddressVotes {
  /** All observations of the check. */
  readonly known: readonly Observation[];
  /** The observations that count. */
  readonly votes: readonly Observation[];
  /** As in Verdicts. */
  readonly isNoFlap: boolean;
}

/** The verdicts on the addresses of host names, each as one scope sees its check. */
export interface AddressVerdicts {
  /** Whether anything is known of the addresses of a check as this scope sees it. */
  has(view: VerdictKey): boolean;
  /**
   * Judges each address anew. What it comes to for the whole (healthy: one is at least; undefined: nobody knows), and whether an
   * address came, went or turned; undefined: there is no address.
   */
  judge(
    view: VerdictKey,
    judging: AddressVotes,
  ): { healthy: boolean | undefined; turned: boolean } | undefined;
  of(view: VerdictKey): NameVerdict | undefined;
  /** The addresses that are well by their observations, whatever the age of these and however often they flipped. */
  undampedHealthy(view: VerdictKey): readonly string[];
  /** Starts from these addresses, each with this verdict, held. */
  seed(view: VerdictKey, healthy: boolean, addresses: readonly string[]): void;
  /** Looks at the clock; returns the views in which an address turned by it, or has more of its weight. */
  tick(): VerdictKey[];
  forget(view: VerdictKey): void;
  /** The view that a key of heldOut is of; the key itself where it is no address's. */
  viewOf(key: VerdictKey): VerdictKey;
}

/** What is kept of a host name besides its verdicts. */
interface Name {
  readonly addresses: readonly string[];
  readonly ttlSeconds?: number;
  readonly unprobed: number;
  readonly atMs: number;
}

const MARK = ' @';
const keyOf = (view: VerdictKey, address: string) => `${view}${MARK}${address}` as VerdictKey;

/** No name yet. `now` and `rules` as for createVerdicts. */
export function createAddressVerdicts(now: () => number, rules: VerdictRules): AddressVerdicts {
  const verdicts = createVerdicts(now, rules);
  const names = new Map<VerdictKey, Name>();

  const viewOf = (key: VerdictKey): VerdictKey => {
    const at = key.lastIndexOf(MARK);
    const view = key.slice(0, Math.max(at, 0)) as VerdictKey;
    // A label of a region may have the mark in it.
    return names.has(view) ? view : key;
  };

  /** The name as those see it who see addresses; what is known of it where nobody does. */
  function nameOf(view: VerdictKey, { known, votes }: AddressVotes): Name | undefined {
    const seeing = votes.filter(({ addresses }) => addresses !== undefined);
    if (seeing.length > 0) return nameBy(seeing);
    const held = names.get(view);
    if (held !== undefined) return held;
    const before = known.filter(({ addresses, streak }) => addresses !== undefined && streak > 0);
    return before.length > 0 ? nameBy(before) : undefined;
  }

  return {
    has: (view) => names.size > 0 && names.has(view),
    judge(view, judging) {
      const name = nameOf(view, judging);
      if (name === undefined) return undefined;
      const was = names.get(view);
      names.set(view, name);
      const gone = was?.addresses.filter((address) => !name.addresses.includes(address)) ?? [];
      for (const address of gone) verdicts.forget(keyOf(view, address));
      let turned = gone.length > 0 || was?.addresses.length !== name.addresses.length;
      const found: (boolean | undefined)[] = [];
      for (const address of name.addresses) {
        const key = keyOf(view, address);
        turned =
          verdicts.judge(key, (held) => judgeAddress(address, judging, held), judging.isNoFlap) || turned;
        found.push(verdicts.undamped(key).healthy);
      }
      const isUnknown = found.every((healthy) => healthy === undefined);
      return { healthy: isUnknown ? undefined : found.includes(true), turned };
    },
    of(view) {
      const name = names.get(view);
      return (
        name && {
          ...name,
          addresses: name.addresses.map((address): AddressVerdict => {
            const key = keyOf(view, address);
            const recovered = verdicts.recovered(key);
            const heldOutUntilMs = rules.heldOut?.get(key);
            return {
              address,
              ...verdicts.get(key),
              ...(recovered === undefined ? {} : { recovered }),
              ...(heldOutUntilMs === undefined ? {} : { heldOutUntilMs }),
            };
          }),
        }
      );
    },
    undampedHealthy: (view) =>
      names.get(view)?.addresses.filter((address) => verdicts.undamped(keyOf(view, address)).healthy) ?? [],
    seed(view, healthy, addresses) {
      if (names.has(view)) return;
      names.set(view, { addresses: addresses.toSorted(), unprobed: 0, atMs: Number.NEGATIVE_INFINITY });
      for (const address of addresses) verdicts.seed(keyOf(view, address), healthy);
    },
    tick: () => [...new Set(verdicts.tick().map(viewOf))],
    forget(view) {
      for (const address of names.get(view)?.addresses ?? []) verdicts.forget(keyOf(view, address));
      names.delete(view);
    },
    viewOf,
  };
}

/** What several workers see of a name: all addresses, the shortest TTL. */
function nameBy(seeing: readonly Observation[]): Name {
  const ttls = seeing.flatMap(({ addressTtlSeconds }) => addressTtlSeconds ?? []);
  return {
    addresses: [...new Set(seeing.flatMap(({ addresses }) => addresses!))].sort(),
    ...(ttls.length === 0 ? {} : { ttlSeconds: Math.min(...ttls) }),
    unprobed: Math.max(...seeing.map(({ unprobed = 0 }) => unprobed)),
    atMs: Math.max(...seeing.map(({ atMs }) => atMs)),
  };
}

/** The verdict on one address, by the votes of those who see it, as on a check. */
function judgeAddress(address: string, { known, votes }: AddressVotes, held: boolean | undefined): Verdict {
  const isLive = votes.length > 0;
  const onAddress = (isLive ? votes : known).flatMap((each) => voteOn(address, each));
  return judge(onAddress, () => isLive, held);
}

/**
 * What a worker says of one address. Who sees other addresses alone has no vote on it; who sees none at all, as the name has none
 * there, is against each.
 */
function voteOn(address: string, observation: Observation): readonly Observation[] {
  const { addresses, byAddress } = observation;
  if (addresses === undefined) return [observation];
  if (byAddress === undefined) return addresses.includes(address) ? [observation] : [];
  const own = byAddress.find((each) => each.address === address);
  return own === undefined ? [] : [{ ...observation, ...own }];
}
