import { promises } from 'node:dns';

/** Families of addresses that are asked for: A and AAAA. */
export const FAMILIES = ['ipv4', 'ipv6'] as const;
export type Family = (typeof FAMILIES)[number];

/** One address record. */
export interface AddressRecord {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

/** The DNS servers that a process asks. */
export interface NameServers {
  /**
   * The addresses that a name has in one family; none: it has none there (NODATA). Rejects with ENOTFOUND where the
   * name does not exist (NXDOMAIN), with another code where no server tells within LOOKUP_MS, and with the signal's reason.
   */
  lookup(name: string, family: Family, signal: AbortSignal): Promise<readonly AddressRecord[]>;
}

/** Longest time of one lookup, milliseconds, whatever the servers do. */
export const LOOKUP_MS = 5_000;
/** A server that has not answered after so long is still waited for, and the next one is asked beside it. Milliseconds. */
export const NEXT_SERVER_MS = 300;
/** A server that did not answer is asked after the others, until it answers a trial, which it gets this often. Milliseconds. */
export const TRIAL_INTERVAL_MS = 5_000;
/** Servers that are asked, of those configured. */
export const SERVERS_MAX = 8;
/** One server is asked again after so long, since a datagram may be lost, and so often; a late answer to an earlier question counts. */
export const TRY_MS = 1_000;
const TRIES = 5;

/**
 * Asks the servers in their order, the next one early, as c-ares and glibc do, and remembers who answers. `servers`:
 * addresses, IPv6 in brackets, with a port where it is not 53; absent: those of resolv.conf, which is read for each lookup.
 */
export function createNameServers(servers?: readonly string[]): NameServers {
  /** Servers that did not answer, and when each gets its next trial. */
  const away = new Map<string, number>();

  /** Whom to ask, in this order, and who gets a trial beside the first. */
  function order(all: readonly string[]): { readonly first: readonly string[]; readonly trials: string[] } {
    for (const server of away.keys()) if (!all.includes(server)) away.delete(server);
    const present = all.filter((server) => !away.has(server));
    if (present.length === 0) return { first: all, trials: [] };
    const now = performance.now();
    const trials = all.filter((server) => (away.get(server) ?? Number.POSITIVE_INFINITY) <= now);
    for (const server of trials) away.set(server, now + TRIAL_INTERVAL_MS);
    return { first: [...present, ...all.filter((server) => away.has(server))], trials };
  }

  /** Asks a server that was away, beside those whose answer counts, and within TRY_MS. */
  async function tryAgain(server: string, name: string, family: Family): Promise<void> {
    const isThere = await query(newResolver(server, TRY_MS), name, family).then(() => true, isAnswer);
    if (isThere) away.delete(server);
  }

  return {
    lookup(name, family, signal) {
      const listed = new promises.Resolver();
      const { first, trials } = order([...new Set(servers ?? listed.getServers())].slice(0, SERVERS_MAX));
      return new Promise((resolve, reject) => {
        const asked = new Map<string, Asked>();
        const failed = new Set<string>();
        let lastError: unknown = Object.assign(new Error('no DNS server is configured'), {
          code: 'ENOSERVER',
        });
        let nextTimer: NodeJS.Timeout | undefined;
        let endTimer = setTimeout(giveUp, LOOKUP_MS);
        const onAbort = () => end(() => reject(signal.reason));

        function giveUp(): void {
          for (const server of asked.keys()) isAway(server);
          const timeout = Object.assign(new Error('no answer'), { code: 'ETIMEOUT' });
          end(() => reject(failed.size > 0 ? lastError : timeout));
        }

        function isAway(server: string): void {
          if (!away.has(server)) away.set(server, performance.now() + TRIAL_INTERVAL_MS);
        }

        function end(settle: () => void): void {
          clearTimeout(endTimer);
          clearTimeout(nextTimer);
          signal.removeEventListener('abort', onAbort);
          settle();
          for (const { resolver, again } of asked.values()) {
            clearInterval(again);
            resolver.cancel();
          }
          asked.clear();
        }

        function answered(server: string, settle: () => void): void {
          for (const [other, { isLate }] of asked) if (other !== server && isLate) isAway(other);
          away.delete(server);
          end(settle);
        }

        function failedAt(server: string, error: NodeJS.ErrnoException): void {
          const mine = asked.get(server);
          if (mine === undefined) return;
          if (isAnswer(error)) {
            answered(server, () => (error.code === 'ENODATA' ? resolve([]) : reject(notFound(name))));
            return;
          }
          lastError = error;
          if (failed.has(server)) return;
          failed.add(server);
          clearInterval(mine.again);
          isAway(server);
          if (askNext()) return;
          // Nobody is left but those who are silent, if any.
          clearTimeout(endTimer);
          if (failed.size === asked.size) giveUp();
          else endTimer = setTimeout(giveUp, TRY_MS);
        }

        /** Asks the next server that was not asked yet; false: there is none. */
        function askNext(): boolean {
          clearTimeout(nextTimer);
          const server = first.find((each) => !asked.has(each));
          if (server === undefined) return false;
          const mine = ask(server);
          nextTimer = setTimeout(() => {
            mine.isLate = true;
            askNext();
          }, NEXT_SERVER_MS);
          return true;
        }

        function ask(server: string): Asked {
          // Not by the tries of c-ares, which passes over what answers an earlier one.
          const resolver = newResolver(server, LOOKUP_MS);
          const once = () =>
            void query(resolver, name, family).then(
              (records) => asked.has(server) && answered(server, () => resolve(records)),
              (error: NodeJS.ErrnoException) => failedAt(server, error),
            );
          let count = 1;
          const again = setInterval(() => {
            count += 1;
            if (count >= TRIES) clearInterval(again);
            once();
          }, TRY_MS);
          const mine = { resolver, again, isLate: false };
          asked.set(server, mine);
          once();
          return mine;
        }

        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        if (!askNext()) return end(() => reject(lastError));
        for (const server of trials) void tryAgain(server, name, family);
      });
    },
  };
}

/** One server that a lookup asks. */
interface Asked {
  readonly resolver: promises.Resolver;
  /** Asks it again. */
  readonly again: NodeJS.Timeout;
  /** It did not answer within NEXT_SERVER_MS. */
  isLate: boolean;
}

/** A resolver that asks one server, each question once, and waits so long for the answer. */
function newResolver(server: string, waitMs: number): promises.Resolver {
  const resolver = new promises.Resolver({ timeout: waitMs, maxTimeout: waitMs, tries: 1 });
  resolver.setServers([server]);
  return resolver;
}

async function query(
  resolver: promises.Resolver,
  name: string,
  family: Family,
): Promise<readonly AddressRecord[]> {
  return family === 'ipv4' ? resolver.resolve4(name, { ttl: true }) : resolver.resolve6(name, { ttl: true });
}

/** NODATA (RFC 2308 §2.2), NXDOMAIN, or a name that nobody can ask for: another server says the same. */
function isAnswer({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENODATA' || code === 'ENOTFOUND' || code === 'EBADNAME';
}

function notFound(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${name} does not exist`), { code: 'ENOTFOUND' });
}
