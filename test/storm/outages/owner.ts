import { setTimeout as sleep } from 'node:timers/promises';
import { oneOf, type Random } from '../../fuzz/random.ts';
import { openWriteClient, type Said } from '../writes/write-client.ts';

/** Pools of one owner at a time. */
const POOLS = 4;
/** Pause before a request whose outcome is unknown is followed by another. */
const PAUSE_MS = 50;
/** A pool that cannot be read for this time is a fault: no outage lasts as long. */
const UNREADABLE_MS = 90_000;
/** A request is given up after this time, as a client would. */
const REQUEST_MS = 10_000;

/** The addresses of a pool, in order and joined; undefined: there is no such pool. */
export type PoolState = string | undefined;

/** What an owner knows of a name. */
interface Owned {
  readonly name: string;
  id?: string;
  /** What it was acknowledged as, or read as, last. */
  known: PoolState;
  /** What it may have become, by writes whose outcome nobody told. */
  readonly maybe: Set<PoolState>;
  /** Nobody told what became of a request to make it: the request may still be on its way. */
  mayReappear: boolean;
}

/** Writes some pools that nobody else writes, through nodes that fail, and knows what each must be. */
export interface Owner {
  /** Takes a step, mostly a write, every `everyMs` until it is told to stop; fewer where nodes are slow. */
  run(everyMs: number, isOver: () => boolean): Promise<void>;
  /** Reads every name there ever was, and returns what each is. Call it when nothing fails any more. */
  settle(): Promise<ReadonlyMap<string, PoolState>>;
  /** Writes that were acknowledged, and those of which nobody told the outcome. */
  readonly acknowledged: number;
  readonly untold: number;
  /** Acknowledged writes that were found undone, where that is expected. */
  readonly lost: number;
  /** What was found that contradicts an acknowledgement. */
  readonly wrong: readonly string[];
}

/**
 * An owner of pools `<who>-<number>`. It writes with `If-Match`, so that a write which arrives late, after its client gave
 * it up, cannot undo a later one. `apis` are the nodes, asked in turn. `failsOver`: a failover may undo what was read and
 * not acknowledged; `loses`: also what was acknowledged, which is counted.
 */
export function createOwner(
  who: string,
  apis: readonly string[],
  random: Random,
  { failsOver = false, loses = false }: { readonly failsOver?: boolean; readonly loses?: boolean } = {},
): Owner {
  const clients = apis.map(openWriteClient);
  const names = new Map<string, Owned>();
  const current: Owned[] = [];
  const wrong: string[] = [];
  let [acknowledged, untold, lost, made, version] = [0, 0, 0, 0, 0];

  /** undefined: nobody told what became of it. */
  async function send(...request: Parameters<(typeof clients)[0]['send']>): Promise<Said | undefined> {
    const late = new AbortController();
    try {
      const answer = oneOf(random, clients).send(...request);
      answer.catch(() => undefined);
      const said = await Promise.race([answer, sleep(REQUEST_MS, undefined, { signal: late.signal })]);
      return said === undefined || said.status >= 500 ? undefined : said;
    } catch {
      return undefined;
    } finally {
      late.abort();
    }
  }

  /** What a name is now, and the tag to change it by; undefined: it cannot be read. */
  async function look(owned: Owned): Promise<{ state: PoolState; etag?: string | undefined } | undefined> {
    if (owned.id === undefined) {
      const all = await send('GET', '/pools?per_page=1000');
      if (all?.status !== 200) return undefined;
      const found = (all.result as PoolRead[]).find(({ name }) => name === owned.name);
      if (found === undefined) return { state: undefined };
      owned.id = found.id;
    }
    const said = await send('GET', `/pools/${owned.id}`);
    if (said?.status === 200) return { state: stateOf(said.result as PoolRead), etag: said.etag };
    if (said?.status !== 404) return undefined;
    return { state: undefined };
  }

  /** Reads a name until it can be read, and holds what it is against what it may be. */
  async function read(owned: Owned): Promise<{ state: PoolState; etag?: string | undefined }> {
    for (
      const fromMs = performance.now();
      performance.now() - fromMs < UNREADABLE_MS;
      await sleep(PAUSE_MS)
    ) {
      const found = await look(owned);
      if (found === undefined) continue;
      const { state } = found;
      if (state === owned.known) return found;
      if (owned.maybe.has(state)) {
        if (!failsOver) owned.known = state;
      } else if (loses) {
        lost += 1;
        owned.known = state;
      } else if (!(owned.known === undefined && owned.mayReappear))
        wrong.push(`${owned.name} is ${state}; ${owned.known} was acknowledged, untold: ${[...owned.maybe]}`);
      return found;
    }
    wrong.push(`${owned.name} could not be read for ${UNREADABLE_MS / 1_000} s`);
    return { state: owned.known };
  }

  /** Makes one write, and takes in what it came to. */
  async function write(
    owned: Owned,
    to: PoolState,
    ...request: Parameters<typeof send>
  ): Promise<Said | undefined> {
    const said = await send(...request);
    if (said === undefined) {
      untold += 1;
      owned.maybe.add(to);
      if (request[0] === 'POST') owned.mayReappear = true;
    } else if (said.status === 200) {
      acknowledged += 1;
      owned.known = to;
      owned.maybe.clear();
    } else if (said.status !== 412 && said.status !== 404 && said.code !== 1002)
      wrong.push(`${owned.name}: ${request[0]} was answered ${said.status} ${said.code}`);
    return said;
  }

  const nextAddresses = () => {
    version += 1;
    return [
      `198.51.${(version >> 8) & 255}.${version & 255}`,
      `203.0.${(version >> 8) & 255}.${version & 255}`,
    ];
  };

  async function make(owned: Owned): Promise<void> {
    const addresses = nextAddresses();
    const said = await write(owned, addresses.join(' '), 'POST', '/pools', {
      name: owned.name,
      origins: originsOf(addresses),
    });
    if (said?.status === 200) owned.id = said.result.id;
  }

  async function step(): Promise<void> {
    if (current.length < POOLS) {
      const owned = {
        name: `${who}-${made}`,
        known: undefined,
        maybe: new Set<PoolState>(),
        mayReappear: false,
      };
      made += 1;
      names.set(owned.name, owned);
      current.push(owned);
      return make(owned);
    }
    const at = random(current.length);
    const owned = current[at]!;
    const { state, etag } = await read(owned);
    if (state === undefined) {
      // The request to make it was lost on its way, or what it made was deleted by a request whose answer was lost.
      if (owned.id !== undefined) current.splice(at, 1);
      else await make(owned);
      return;
    }
    if (random(4) > 0) {
      const addresses = nextAddresses();
      const body = { origins: originsOf(addresses) };
      await write(owned, addresses.join(' '), 'PATCH', `/pools/${owned.id}`, body, etag);
      return;
    }
    const said = await write(owned, undefined, 'DELETE', `/pools/${owned.id}`, undefined, etag);
    if (said?.status === 200) current.splice(at, 1);
  }

  return {
    async run(everyMs, isOver) {
      for (let nextMs = performance.now(); !isOver(); ) {
        await step();
        nextMs = Math.max(nextMs + everyMs, performance.now());
        await sleep(Math.max(0, nextMs - performance.now()));
      }
    },
    async settle() {
      const settled = new Map<string, PoolState>();
      for (const owned of names.values()) settled.set(owned.name, (await read(owned)).state);
      for (const client of clients) client.close();
      return settled;
    },
    get acknowledged() {
      return acknowledged;
    },
    get untold() {
      return untold;
    },
    get lost() {
      return lost;
    },
    wrong,
  };
}

interface PoolRead {
  readonly id: string;
  readonly name: string;
  readonly origins: readonly { readonly address: string }[];
}

const stateOf = ({ origins }: PoolRead) => origins.map(({ address }) => address).join(' ');
const originsOf = (addresses: readonly string[]) =>
  addresses.map((address, i) => ({ name: `e${i}`, address }));
