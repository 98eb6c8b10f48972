import { randomInt } from 'node:crypto';
import { Resolver } from 'node:dns';
import { type AddressAnswer, type AddressRecord, addressAnswer } from '../../dns/address-answer.ts';
import { encodeQuery } from '../../dns/client-query.ts';
import { decodeFullResponse, MessageError } from '../../dns/codec.ts';
import { MESSAGE_OCTETS_MAX } from '../../dns/header.ts';
import { NameError, parseName, type WireName } from '../../dns/name.ts';
import { Type } from '../../dns/type.ts';
import { InvalidResponse, PortUnreachable } from '../failure.ts';
import type { Repeats } from '../udp.ts';
import { exchangeDns } from './exchange.ts';
import { readResolverOptions } from './resolver-options.ts';

export type { AddressRecord };

/** Families of addresses that are asked for: A and AAAA. */
export const FAMILIES = ['ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];

/** The DNS servers that a process asks. */
export interface NameServers {
  /**
   * The addresses that a name has in one family; none: it has none there (NODATA). Rejects with ENOTFOUND where the
   * name does not exist (NXDOMAIN), with another code where no server answers within LOOKUP_MS, and with the signal's
   * reason.
   */
  lookup(name: string, family: Family, signal: AbortSignal): Promise<readonly AddressRecord[]>;
}

/** Longest time of one lookup, milliseconds, whatever the servers do. */
export const LOOKUP_MS = 5_000;
/** Time after which the next server is asked as well, while the one before may still answer, milliseconds. */
export const NEXT_SERVER_MS = 300;
/** A server that did not answer is asked after the others, until it answers a trial, which it gets this often. Milliseconds. */
export const TRIAL_INTERVAL_MS = 5_000;
/** Maximum number of configured servers that are asked. */
export const SERVERS_MAX = 8;
/**
 * Time after which one server is asked again, since a datagram may be lost, milliseconds; and how often it is asked in
 * all. An answer to any of them counts.
 */
export const TRY_MS = 1_000;
const TRIES = 5;
/** Time after which all servers are asked once more when all failed, milliseconds: SERVFAIL may be temporary. */
export const AGAIN_MS = 200;
const TYPES = { ipv4: Type.A, ipv6: Type.AAAA } as const;
const DNS_PORT = 53;

/**
 * Asks the servers in their order, the next one early, as c-ares and glibc do, and remembers who answers. `servers`:
 * addresses, IPv6 in brackets, with a port where it is not 53; absent: those of resolv.conf, which is read for each lookup, as the
 * options of `resolvConf` are.
 */
export function createNameServers(servers?: readonly string[], resolvConf = '/etc/resolv.conf'): NameServers {
  const away = createAwayServers();
  return {
    async lookup(name, family, signal) {
      const wire = wireNameOf(name);
      // Every server would refuse text that is not a name.
      if (wire === undefined) throw notFound(name);
      const { isOverTcp } = await readResolverOptions(resolvConf);
      const question: Question = { name: wire, type: TYPES[family], isOverTcp };
      // A resolver of its own, since it reads resolv.conf when it is made.
      const all = [...new Set(servers ?? new Resolver().getServers())].slice(0, SERVERS_MAX);
      const { first, trials } = away.order(all);
      return new Promise((resolve, reject) => {
        const hasBegun = startLookup(first, question, {
          signal,
          away,
          found: (answer) => {
            if (answer.kind === 'unknown name') reject(notFound(name));
            else resolve(answer.kind === 'addresses' ? answer.records : []);
          },
          failed: reject,
        });
        if (hasBegun) for (const server of trials) void away.tryAgain(server, question);
      });
    },
  };
}

/** The servers that did not answer. They are asked after the others, and get a trial every TRIAL_INTERVAL_MS. */
interface AwayServers {
  /** Returns the servers to ask, in order, and those that get a trial beside the first. */
  order(all: readonly string[]): { readonly first: readonly string[]; readonly trials: readonly string[] };
  /** Notes that a server did not answer. */
  add(server: string): void;
  /** Notes that a server answered. */
  delete(server: string): void;
  /** Asks a server that was away, beside those whose answer counts, and within TRY_MS. */
  tryAgain(server: string, question: Question): Promise<void>;
}

function createAwayServers(): AwayServers {
  /** When each gets its next trial. */
  const away = new Map<string, number>();
  return {
    order(all) {
      for (const server of away.keys()) if (!all.includes(server)) away.delete(server);
      const present = all.filter((server) => !away.has(server));
      if (present.length === 0) return { first: all, trials: [] };
      const now = performance.now();
      const trials = all.filter((server) => (away.get(server) ?? Number.POSITIVE_INFINITY) <= now);
      for (const server of trials) away.set(server, now + TRIAL_INTERVAL_MS);
      return { first: [...present, ...all.filter((server) => away.has(server))], trials };
    },
    add(server) {
      if (!away.has(server)) away.set(server, performance.now() + TRIAL_INTERVAL_MS);
    },
    delete: (server) => void away.delete(server),
    async tryAgain(server, question) {
      const isThere = await ask(server, question, AbortSignal.timeout(TRY_MS)).then(
        () => true,
        () => false,
      );
      if (isThere) away.delete(server);
    },
  };
}

/** What a lookup calls back, once: with an answer, or with an error. */
interface LookupEvents {
  readonly signal: AbortSignal;
  readonly away: Pick<AwayServers, 'add' | 'delete'>;
  found(answer: Answer): void;
  failed(error: unknown): void;
}

/** Starts to ask servers in this order. Returns false where it has ended already: there is no server, or the signal is aborted. */
function startLookup(servers: readonly string[], question: Question, events: LookupEvents): boolean {
  const { signal, away } = events;
  const asked = new Map<string, Asked>();
  const failed = new Set<string>();
  let lastError: unknown = Object.assign(new Error('no DNS server is configured'), { code: 'ENOSERVER' });
  let isAgain = false;
  let nextTimer: NodeJS.Timeout | undefined;
  const endMs = performance.now() + LOOKUP_MS;
  let endTimer = setTimeout(giveUp, LOOKUP_MS);
  const onAbort = () => end(() => events.failed(signal.reason));

  function giveUp(): void {
    for (const server of asked.keys()) away.add(server);
    const timeout = Object.assign(new Error('no answer'), { code: 'ETIMEOUT' });
    end(() => events.failed(failed.size > 0 ? lastError : timeout));
  }

  function end(settle: () => void): void {
    clearTimeout(endTimer);
    clearTimeout(nextTimer);
    signal.removeEventListener('abort', onAbort);
    settle();
    for (const { ending } of asked.values()) ending.abort();
    asked.clear();
  }

  function take(server: string, found: Answer): void {
    if (!asked.has(server)) return;
    for (const [other, { isLate }] of asked) if (other !== server && isLate) away.add(other);
    away.delete(server);
    end(() => events.found(found));
  }

  function failedAt(server: string, error: unknown): void {
    const mine = asked.get(server);
    if (mine === undefined) return;
    mine.ending.abort();
    lastError = error;
    failed.add(server);
    away.add(server);
    if (askNext()) return;
    const isAll = failed.size === asked.size;
    if (isAll && !isAgain) {
      askAgain();
      return;
    }
    // Only servers that have not answered are left, if any.
    clearTimeout(endTimer);
    if (isAll) giveUp();
    else endTimer = setTimeout(giveUp, Math.min(TRY_MS, endMs - performance.now()));
  }

  function askAgain(): void {
    isAgain = true;
    nextTimer = setTimeout(() => {
      asked.clear();
      failed.clear();
      askNext();
    }, AGAIN_MS);
  }

  /** Asks the next server that was not asked yet; false: there is none. */
  function askNext(): boolean {
    clearTimeout(nextTimer);
    const server = servers.find((each) => !asked.has(each));
    if (server === undefined) return false;
    const mine: Asked = { ending: new AbortController(), isLate: false };
    asked.set(server, mine);
    ask(server, question, mine.ending.signal, { everyMs: TRY_MS, times: TRIES - 1 }).then(
      (found) => take(server, found),
      (error: unknown) => failedAt(server, error),
    );
    nextTimer = setTimeout(() => {
      mine.isLate = true;
      askNext();
    }, NEXT_SERVER_MS);
    return true;
  }

  if (signal.aborted) {
    onAbort();
    return false;
  }
  signal.addEventListener('abort', onAbort, { once: true });
  if (askNext()) return true;
  end(() => events.failed(lastError));
  return false;
}

/** An answer that every server would give. */
type Answer = Exclude<AddressAnswer, { kind: 'nothing' }>;

/** What servers are asked. */
interface Question {
  readonly name: WireName;
  readonly type: number;
  readonly isOverTcp: boolean;
}

/** One server that a lookup asks. */
interface Asked {
  /** Ends the exchange with it. */
  readonly ending: AbortController;
  /** It did not answer within NEXT_SERVER_MS. */
  isLate: boolean;
}

/**
 * Asks one server, until it answers or the signal aborts. Not by c-ares, which reports referrals and most response codes as
 * NODATA. Rejects where there is no answer, with an error whose code is that of addressAnswer() or of the system.
 */
async function ask(
  server: string,
  { name, type, isOverTcp }: Question,
  signal: AbortSignal,
  repeats?: Repeats,
): Promise<Answer> {
  const query = encodeQuery(randomInt(0x10000), name, type);
  const repeatsField = repeats === undefined ? {} : { repeats };
  const exchange = {
    ...serverAddress(server),
    query,
    octetsMax: MESSAGE_OCTETS_MAX,
    isOverTcp,
    ...repeatsField,
  };
  let found: AddressAnswer;
  try {
    found = addressAnswer(decodeFullResponse(await exchangeDns(exchange, signal)), type);
  } catch (error) {
    throw Object.assign(new Error((error as Error).message, { cause: error }), { code: codeOf(error) });
  }
  if (found.kind !== 'nothing') return found;
  throw Object.assign(new Error(`${server} says nothing of the name`), { code: found.code });
}

function codeOf(error: unknown): string {
  if (error instanceof PortUnreachable) return 'ECONNREFUSED';
  if (error instanceof MessageError || error instanceof InvalidResponse) return 'EBADRESP';
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === 'string' ? code : 'ETIMEOUT';
}

/** Reads a server as getServers() of Node writes it. */
function serverAddress(server: string): { readonly address: string; readonly port: number } {
  const [, bracketed, dotted, port] = /^(?:\[(.+)\]|([\d.]+)):(\d+)$/.exec(server) ?? [];
  const address = bracketed ?? dotted;
  return address === undefined ? { address: server, port: DNS_PORT } : { address, port: Number(port) };
}

/** A name in wire form; undefined where the text is no name. */
function wireNameOf(text: string): WireName | undefined {
  try {
    return parseName(text);
  } catch (error) {
    if (error instanceof NameError) return undefined;
    throw error;
  }
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${name} does not exist`), { code: 'ENOTFOUND' });
}
