import type { Observation } from '../../health/observation.ts';
import { judge, type Verdict } from '../../health/verdict.ts';
import type { VerdictKey } from '../../voting/region-scope.ts';
import { createVerdicts, type VerdictRules } from './verdicts.ts';

/** The verdict on one address of a host name in one region scope. */
export interface AddressVerdict {
  readonly address: string;
  /** undefined: no worker could probe it yet. */
  readonly healthy: boolean | undefined;
  /** true: the voters are gone, and the last verdict stays in force. */
  readonly stale: boolean;
  /** Share of its weight that it has back since it recovered; absent: all. */
  readonly recovered?: number;
  /** Until when damping holds it out, by the clock of the health state; absent: it does not. */
  readonly heldOutUntilMs?: number;
}

/** The verdict on a host name in one region scope. */
export interface NameVerdict {
  /** In the order of their texts. */
  readonly addresses: readonly AddressVerdict[];
  /** Seconds for which the addresses may be cached; absent: unknown. */
  readonly ttlSeconds?: number;
  /** Number of addresses that are not probed because there are too many. */
  readonly unprobed: number;
  /** Time of the latest observation, by the clocks of the workers; minus infinity where it comes from the last good state. */
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

/** The verdicts on the addresses of host names, each in one region scope. */
export interface AddressVerdicts {
  /** Returns true where addresses of a check are known in this scope. */
  has(view: VerdictKey): boolean;
  /**
   * Decides the verdict on each address anew. Returns whether the name is healthy (one address is; undefined: unknown),
   * and whether an address was added, removed or changed; undefined: there is no address.
   */
  judge(
    view: VerdictKey,
    judging: AddressVotes,
  ): { healthy: boolean | undefined; turned: boolean } | undefined;
  of(view: VerdictKey): NameVerdict | undefined;
  /** The addresses that are healthy by their votes alone, without damping and the rule for stale verdicts. */
  undampedHealthy(view: VerdictKey): readonly string[];
  /** Sets these addresses, each with this verdict, which stays in force until the first result. */
  seed(view: VerdictKey, healthy: boolean, addresses: readonly string[]): void;
  /** Has the next tick() decide by changed rules which stale verdicts are too old. */
  rulesChanged(): void;
  /** Applies the clock. Returns the keys of names whose addresses changed by it, or have more of their weight. */
  tick(): VerdictKey[];
  forget(view: VerdictKey): void;
  /** Returns the key of the name for a key of heldOut; the key itself where it is not that of an address. */
  viewOf(key: VerdictKey): VerdictKey;
}

/** A host name without its verdicts. */
interface Name {
  readonly addresses: readonly string[];
  readonly ttlSeconds?: number;
  readonly unprobed: number;
  readonly atMs: number;
}

const MARK = ' @';
const keyOf = (view: VerdictKey, address: string) => `${view}${MARK}${address}` as VerdictKey;

/** Creates verdicts without a name. Parameters as for createVerdicts. */
export function createAddressVerdicts(monotonicMs: () => number, rules: VerdictRules): AddressVerdicts {
  const verdicts = createVerdicts(monotonicMs, rules);
  const names = new Map<VerdictKey, Name>();

  const viewOf = (key: VerdictKey): VerdictKey => {
    const at = key.lastIndexOf(MARK);
    const view = key.slice(0, Math.max(at, 0)) as VerdictKey;
    // The label of a region may contain the mark.
    return names.has(view) ? view : key;
  };

  /** Returns the name by the votes that have addresses; without one, as it was known before. */
  function nameOf(view: VerdictKey, { known, votes }: AddressVotes): Name | undefined {
    const seeing = votes.filter(({ addresses }) => addresses !== undefined);
    if (seeing.length > 0) return nameBy(seeing);
    const held = names.get(view);
    if (held?.ttlSeconds !== undefined) return held;
    const before = known.filter(({ addresses, streak }) => addresses !== undefined && streak > 0);
    const found = before.length > 0 ? nameBy(before) : undefined;
    // The last good state has addresses without their TTL.
    const ttl = found?.ttlSeconds === undefined ? {} : { ttlSeconds: found.ttlSeconds };
    return held === undefined ? found : { ...held, ...ttl };
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
    rulesChanged: verdicts.rulesChanged,
    forget(view) {
      for (const address of names.get(view)?.addresses ?? []) verdicts.forget(keyOf(view, address));
      names.delete(view);
    },
    viewOf,
  };
}

/** Merges the observations of several workers: all addresses, and the shortest TTL. */
function nameBy(seeing: readonly Observation[]): Name {
  const ttls = seeing.flatMap(({ addressTtlSeconds }) => addressTtlSeconds ?? []);
  return {
    addresses: [...new Set(seeing.flatMap(({ addresses }) => addresses!))].sort(),
    ...(ttls.length === 0 ? {} : { ttlSeconds: Math.min(...ttls) }),
    unprobed: Math.max(...seeing.map(({ unprobed = 0 }) => unprobed)),
    atMs: Math.max(...seeing.map(({ atMs }) => atMs)),
  };
}

/** Decides the verdict on one address as on a check, by the votes of the workers that see it. */
function judgeAddress(address: string, { known, votes }: AddressVotes, held: boolean | undefined): Verdict {
  const isLive = votes.length > 0;
  const onAddress = (isLive ? votes : known).flatMap((each) => voteOn(address, each));
  return judge(onAddress, () => isLive, held);
}

/**
 * Returns the vote of a worker on one address. A worker that sees only other addresses has no vote on it. One that sees
 * none at all, since the name has none there, votes against each.
 */
function voteOn(address: string, observation: Observation): readonly Observation[] {
  const { addresses, byAddress } = observation;
  if (addresses === undefined) return [observation];
  if (byAddress === undefined) return addresses.includes(address) ? [observation] : [];
  const own = byAddress.find((each) => each.address === address);
  return own === undefined ? [] : [{ ...observation, ...own }];
}
