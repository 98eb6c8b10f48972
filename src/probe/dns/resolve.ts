import { isIPv6 } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressesKept } from '../../check/outcome.ts';
import { createHosts } from './hosts-file.ts';
import { type AddressRecord, createNameServers, FAMILIES, type Family } from './name-servers.ts';

/** What a host name resolved to. */
export interface Resolved {
  /** In the order in which they are to be tried, each once. */
  readonly addresses: readonly string[];
  /** Number of addresses beyond these (ADDRESSES_MAX); absent: none. */
  readonly further?: number;
  /** For how long they may be kept, the shortest of all; absent: unknown. */
  readonly ttlSeconds?: number;
  /** Some of the addresses, or all, are the last known ones, since no DNS server gives them now; absent: all were given. */
  readonly kept?: AddressesKept;
}

/** Addresses that a name had. */
export interface KnownAddresses extends Pick<Resolved, 'addresses' | 'further' | 'ttlSeconds'> {
  /** When a DNS server gave them, milliseconds since the epoch. */
  readonly atMs: number;
}

/**
 * Finds the addresses of a host name; none where it has none (NODATA). Rejects with ENOTFOUND where the name does not
 * exist, with another code where no DNS server answers and no known address is young enough, and with the signal's
 * reason. `known`: addresses from elsewhere, such as from before a restart.
 */
export type Resolve = (name: string, signal: AbortSignal, known?: KnownAddresses) => Promise<Resolved>;

/** Addresses of one host name that are given and kept of each family: the lowest texts, whatever order a server gives them in. */
export const ADDRESSES_MAX = 64;
/** Maximum number of names whose addresses are remembered. The one that was asked for longest ago is dropped. */
export const NAMES_MAX = 10_000;
/** Time for which the second family is awaited when the first has addresses, milliseconds. */
export const FAMILY_WAIT_MS = 1_000;
/** The same where no server answered for that family the last time. */
export const SILENT_FAMILY_WAIT_MS = 50;

/** Options of createResolve. */
export interface ResolveOptions {
  /** Addresses of DNS servers, IPv6 in brackets, with a port where it is not 53; absent: those of resolv.conf. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  /** Time for which the last known addresses are used while no DNS server answers, milliseconds; absent: none are. */
  readonly keepMs?: number;
  /** Milliseconds since the epoch. */
  readonly epochMs?: () => number;
  /** A clock that never jumps, by which addresses grow old. */
  readonly monotonicMs?: () => number;
}

/** Addresses that a name had, and when by the clock that never jumps. */
interface Remembered extends KnownAddresses {
  readonly givenMs: number;
}

/** The outcome of a lookup of one family. */
type Found =
  | { readonly kind: 'records'; readonly records: readonly AddressRecord[] }
  | { readonly kind: 'unknown name'; readonly error: unknown }
  | { readonly kind: 'failed'; readonly error: unknown };

/** A lookup of one family that is under way, for all who ask meanwhile. */
interface Flight {
  readonly end: Promise<void>;
  /** Number of callers that wait for it. */
  waiting: number;
  giveUp(): void;
  found?: Found;
}

/** What is known of one family of a name. */
interface FamilyState {
  flight?: Flight;
  /** The latest addresses from a server; absent: none yet, or the name had none. */
  last?: Remembered;
  /** When a server answered last, also with no address, by the clock that never jumps. */
  answeredMs: number;
  isSilent: boolean;
  /** What the last lookup failed with; absent: it did not. */
  failure?: unknown;
}

/**
 * A Resolve that asks the DNS servers for A and AAAA, after the hosts file; IPv4 comes first. Nothing is cached: the
 * last known addresses are for when no server answers. It does not go through getaddrinfo, whose few threads a server that
 * never answers would hold up for every other name. A name is taken as it is: search lists of resolv.conf and other
 * sources of names (nsswitch.conf) are not for it. Each family is looked up by itself, so that the one that is missing
 * does not take the other with it, and once for all that ask for it at a time.
 */
export function createResolve(options: ResolveOptions = {}): Resolve {
  const { servers, hostsFile = '/etc/hosts', keepMs = 0, epochMs = Date.now } = options;
  const { monotonicMs = () => performance.now() } = options;
  const hosts = createHosts(hostsFile);
  const nameServers = createNameServers(servers);
  const names = new Map<string, Readonly<Record<Family, FamilyState>>>();
  /** By the time of addresses from elsewhere, when that was by the clock that never jumps. The one that was asked for longest ago goes first. */
  const givenAt = new Map<number, number>();

  function stateOf(name: string): Readonly<Record<Family, FamilyState>> {
    const fresh = (): FamilyState => ({ answeredMs: Number.NEGATIVE_INFINITY, isSilent: false });
    const state = names.get(name) ?? { ipv4: fresh(), ipv6: fresh() };
    names.delete(name);
    names.set(name, state);
    if (names.size > NAMES_MAX) names.delete(names.keys().next().value!);
    return state;
  }

  function take(state: FamilyState, found: Found): void {
    state.isSilent = found.kind === 'failed';
    delete state.failure;
    if (found.kind === 'failed') {
      state.failure = found.error;
      return;
    }
    state.answeredMs = monotonicMs();
    delete state.last;
    if (found.kind === 'records' && found.records.length > 0)
      state.last = { ...addressesOf(found.records), atMs: epochMs(), givenMs: state.answeredMs };
  }

  function join(name: string, family: Family, state: FamilyState): Flight {
    if (state.flight !== undefined) return state.flight;
    const ending = new AbortController();
    const lookup = nameServers.lookup(name, family, ending.signal).then(
      (records): Found => ({ kind: 'records', records }),
      (error: NodeJS.ErrnoException): Found => ({
        kind: error?.code === 'ENOTFOUND' ? 'unknown name' : 'failed',
        error,
      }),
    );
    const end = lookup.then((found) => {
      flight.found = found;
      if (ending.signal.aborted) return;
      delete state.flight;
      take(state, found);
    });
    const flight: Flight = {
      end,
      waiting: 0,
      giveUp() {
        if (flight.found !== undefined) return;
        delete state.flight;
        ending.abort();
      },
    };
    state.flight = flight;
    return flight;
  }

  /** The last known addresses of a family that are young enough; what a server said since goes before them. */
  function keptOf(family: Family, state: FamilyState, known: Remembered | undefined) {
    const mine = state.last;
    const given = known && known.givenMs >= state.answeredMs ? ofFamily(known, family) : undefined;
    const newest = mine && given ? (mine.givenMs >= given.givenMs ? mine : given) : (mine ?? given);
    const isYoung = newest !== undefined && monotonicMs() - newest.givenMs <= keepMs;
    return isYoung && newest.addresses.length > 0 ? newest : undefined;
  }

  /** Addresses from elsewhere are as old as the wall clock says when they are first seen, and grow old by the clock that never jumps. */
  function remember(known: KnownAddresses): Remembered {
    const { atMs } = known;
    const givenMs = givenAt.get(atMs) ?? monotonicMs() - Math.max(0, epochMs() - atMs);
    givenAt.delete(atMs);
    givenAt.set(atMs, givenMs);
    if (givenAt.size > NAMES_MAX) givenAt.delete(givenAt.keys().next().value!);
    return { ...known, givenMs };
  }

  return async (name, signal, known) => {
    const bare = name.replace(/\.$/, '').toLowerCase();
    const listed = await hosts(bare);
    signal.throwIfAborted();
    if (listed.length > 0) return union(familiesOf(listed).map(bounded));
    const state = stateOf(bare);
    const remembered = known && remember(known);
    const parts = FAMILIES.map((family) => {
      const of = state[family];
      const kept = keptOf(family, of, remembered);
      const waitMs = of.isSilent ? SILENT_FAMILY_WAIT_MS : FAMILY_WAIT_MS;
      return { family, kept, waitMs, flight: join(bare, family, of), failure: of.failure };
    });
    await settled(parts, signal);
    for (const { family, flight } of parts) if (flight.found === undefined) state[family].isSilent = true;
    return joined(parts);
  };
}

/** One family of a name that is asked for. */
interface Part {
  readonly kept: KnownAddresses | undefined;
  readonly waitMs: number;
  readonly flight: Flight;
  /** What the lookup before failed with; absent: it did not. */
  readonly failure?: unknown;
}

/** Waits until both families are found, or one is and the other has had its time. */
async function settled(parts: readonly Part[], signal: AbortSignal): Promise<void> {
  const sinceMs = performance.now();
  const waiting = new AbortController();
  const stop = () => waiting.abort();
  signal.addEventListener('abort', stop, { once: true });
  const aborted = new Promise<void>((resolve) =>
    waiting.signal.addEventListener('abort', () => resolve(), { once: true }),
  );
  for (const { flight } of parts) flight.waiting += 1;
  try {
    for (;;) {
      signal.throwIfAborted();
      const pending = parts.filter(({ flight }) => flight.found === undefined);
      if (pending.length === 0) return;
      const ends = pending.map(({ flight }) => flight.end);
      if (!parts.some(mayGoOn)) {
        await Promise.race([...ends, aborted]);
        continue;
      }
      const leftMs = Math.max(...pending.map(({ waitMs }) => waitMs)) - (performance.now() - sinceMs);
      if (leftMs <= 0) return;
      const pause = new AbortController();
      const paused = sleep(leftMs, undefined, { signal: pause.signal }).catch(() => undefined);
      await Promise.race([...ends, aborted, paused]);
      pause.abort();
    }
  } finally {
    signal.removeEventListener('abort', stop);
    waiting.abort();
    for (const { flight } of parts) {
      flight.waiting -= 1;
      // A lookup that nobody waits for goes on for the next caller, unless the last caller was aborted.
      if (signal.aborted && flight.waiting === 0) flight.giveUp();
    }
  }
}

/** Returns true where this family alone has addresses to go on with. */
function mayGoOn({ flight: { found }, kept }: Part): boolean {
  if (found?.kind === 'records') return found.records.length > 0;
  return found?.kind === 'unknown name' || kept !== undefined;
}

/** Joins the results of both families. NXDOMAIN is about the name (RFC 2308 §2.1), unless the other family has addresses. */
function joined(parts: readonly Part[]): Resolved {
  const results = parts.map(({ flight }) => flight.found);
  const hasRecords = results.some((each) => each?.kind === 'records' && each.records.length > 0);
  const unknown = results.find((each) => each?.kind === 'unknown name');
  if (unknown !== undefined && !hasRecords) throw unknown.error;
  const given: Omit<KnownAddresses, 'atMs'>[] = [];
  let kept: AddressesKept | undefined;
  let failure: unknown;
  let isIncomplete = false;
  for (const part of parts) {
    const { found: mine } = part.flight;
    if (mine?.kind === 'records') given.push(addressesOf(mine.records));
    if (mine !== undefined && mine.kind !== 'failed') continue;
    isIncomplete = true;
    const unanswered = () => Object.assign(new Error('no answer yet'), { code: 'ETIMEOUT' });
    const error = mine?.error ?? part.failure ?? unanswered();
    failure ??= error;
    if (part.kept === undefined) continue;
    given.push(part.kept);
    const sinceMs = Math.min(part.kept.atMs, kept?.sinceMs ?? Number.POSITIVE_INFINITY);
    kept = { sinceMs, why: kept?.why ?? codeOf(error) };
  }
  const all = union(given);
  // A missing family does not mean that the other one is missing.
  if (all.addresses.length === 0 && isIncomplete) throw failure;
  const ttls = given.flatMap(({ ttlSeconds }) => ttlSeconds ?? []);
  return {
    ...all,
    ...(ttls.length === 0 ? {} : { ttlSeconds: Math.min(...ttls) }),
    ...(kept === undefined ? {} : { kept }),
  };
}

function addressesOf(records: readonly AddressRecord[]): Omit<KnownAddresses, 'atMs'> {
  const addresses = bounded(records.map(({ address }) => address));
  const ttls = records.map(({ ttl }) => ttl);
  return ttls.length === 0 ? addresses : { ...addresses, ttlSeconds: Math.min(...ttls) };
}

/** Addresses of one or both families, and how many there are beside them. */
type Addresses = Pick<Resolved, 'addresses' | 'further'>;

/** Each of the addresses of one family once, ADDRESSES_MAX at most. */
function bounded(family: readonly string[]): Addresses {
  const addresses = [...new Set(family)];
  const further = addresses.length - ADDRESSES_MAX;
  return further > 0 ? { addresses: addresses.sort().slice(0, ADDRESSES_MAX), further } : { addresses };
}

function union(parts: readonly Addresses[]): Addresses {
  const addresses = [...new Set(parts.flatMap((each) => each.addresses))];
  const further = parts.reduce((sum, each) => sum + (each.further ?? 0), 0);
  return { addresses, ...(further > 0 && { further }) };
}

/** Addresses by family: that of the first one first. */
function familiesOf(addresses: readonly string[]): string[][] {
  return Object.values(Object.groupBy(addresses, (each) => (isIPv6(each) ? 'ipv6' : 'ipv4')));
}

function ofFamily({ addresses, ...rest }: Remembered, family: Family): Remembered {
  return { ...rest, addresses: addresses.filter((each) => isIPv6(each) === (family === 'ipv6')) };
}

/** Returns the code of a failed lookup, as c-ares names it. */
function codeOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code ?? String(error);
}
