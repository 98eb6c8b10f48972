import { promises } from 'node:dns';
import { createHosts } from './hosts-file.ts';

/** What a host name resolved to. */
export interface Resolved {
  /** In the order in which they are to be tried, each once. */
  readonly addresses: readonly string[];
  /** For how long they may be kept, the shortest of all; absent: nobody said. */
  readonly ttlSeconds?: number;
}

/** Finds the addresses of a host name; none where it has none. Rejects as node:dns does, or with the signal's reason. */
export type Resolve = (name: string, signal: AbortSignal) => Promise<Resolved>;

/** Addresses kept of one host name. */
export const ADDRESSES_MAX = 64;
/** A server that does not answer is asked again, or the next one is, after so long at first, and so often. */
const TRY_MS = 1_000;
const TRIES = 3;

/** Where names are looked up, if not where the system does. */
export interface ResolveOptions {
  /** Addresses of DNS servers, IPv6 in brackets, with a port where it is not 53; absent: those of resolv.conf. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
}

/**
 * A Resolve that asks the system's DNS servers for A and AAAA, after the hosts file, without a cache; IPv4 comes first. It
 * does not go through getaddrinfo, whose few threads a server that never answers would hold up for every other name. A
 * name is taken as it is: search lists of resolv.conf and other sources of names (nsswitch.conf) are not for it. Where
 * one family has no answer, what the other says is all there is.
 */
export function createResolve({ servers, hostsFile = '/etc/hosts' }: ResolveOptions = {}): Resolve {
  const hosts = createHosts(hostsFile);
  return async (name, signal) => {
    const bare = name.replace(/\.$/, '');
    const known = await hosts(bare);
    signal.throwIfAborted();
    if (known.length > 0) return { addresses: known.slice(0, ADDRESSES_MAX) };
    // One for each lookup, so that giving up ends no other, and a new resolv.conf counts at once.
    const resolver = new promises.Resolver({ timeout: TRY_MS, tries: TRIES });
    if (servers !== undefined) resolver.setServers(servers);
    const cancel = () => resolver.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return joined(
        await Promise.allSettled([
          resolver.resolve4(bare, { ttl: true }),
          resolver.resolve6(bare, { ttl: true }),
        ]),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}

type Answer = PromiseSettledResult<readonly { readonly address: string; readonly ttl: number }[]>;

function joined(answers: readonly Answer[]): Resolved {
  const records = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const failed = answers.find((answer) => answer.status === 'rejected' && !hasNone(answer.reason));
  if (records.length === 0 && failed?.status === 'rejected') throw failed.reason;
  const addresses = [...new Set(records.map(({ address }) => address))].slice(0, ADDRESSES_MAX);
  return records.length === 0
    ? { addresses }
    : { addresses, ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)) };
}

/** The name is there, without addresses of this family (NODATA, RFC 2308 §2.2). */
function hasNone(error: NodeJS.ErrnoException): boolean {
  return error.code === 'ENODATA';
}
