/** How many connections there may be at a time. */
export interface ConnectionLimitOptions {
  readonly connectionsMax: number;
  /** Of one client: an IPv4 address, or an IPv6 /64. */
  readonly connectionsPerClientMax: number;
  /** A block in which connections are counted, for others to read; absent: its own. */
  readonly counters?: Float64Array;
}

/** The place of a connection under the limits. At first the connection is idle, and no whole message has come on it. */
export interface Place {
  /**
   * Closes the connection to make room for another. Its owner replaces this function as the connection goes on. Called once at
   * most, after the place was given back.
   */
  close: () => void;
  /** Returns true when there is room for one more of this client (4 or 16 octets; undefined: it counts for no client). Called once at most. */
  claim(client: Uint8Array | undefined): boolean;
  /** Marks it as in the middle of something: while it makes progress it is not closed to make room. Idle ones are, the longest idle first. */
  setBusy(isBusy: boolean): void;
  /** Notes that it made progress: a whole message came, or the client took an answer. */
  progress(): void;
  /** Gives the place back. Later calls do nothing. */
  leave(): void;
}

/** Numbers of connections. */
export interface ConnectionCounts {
  /** Open connections. */
  readonly open: number;
  /** Connections closed at once, because there was no room. */
  readonly refused: number;
  /** Connections closed to make room because they were idle or made no progress. */
  readonly displaced: number;
}

/** Where each number is in a block that threads share. */
export const ConnectionCounter = { OPEN: 0, REFUSED: 1, DISPLACED: 2 } as const;

/** Creates a block of these numbers, which has one writer. */
export function newConnectionCounters(): Float64Array<SharedArrayBuffer> {
  return new Float64Array(
    new SharedArrayBuffer(Object.keys(ConnectionCounter).length * Float64Array.BYTES_PER_ELEMENT),
  );
}

/** Reads the numbers of a block, each time anew. */
export function connectionCounts(counters: Float64Array): ConnectionCounts {
  return {
    get open() {
      return counters[ConnectionCounter.OPEN]!;
    },
    get refused() {
      return counters[ConnectionCounter.REFUSED]!;
    },
    get displaced() {
      return counters[ConnectionCounter.DISPLACED]!;
    },
  };
}

/** The limits of all stream listeners of a process, and how many connections they concerned. */
export interface ConnectionLimits extends ConnectionCounts {
  /** Gives a place to a connection that was just accepted. It must be claimed before it is served. Undefined: there is none. */
  admit(close: () => void): Place | undefined;
}

/** Connections that share one limit. The first of each set has been in it for the longest time. */
interface Scope {
  readonly max: number;
  count: number;
  /** On which no whole message has come. Those that are not busy are also `fresh`. */
  readonly unproven: Set<Member>;
  readonly fresh: Set<Member>;
  /** Which wait for the next message. */
  readonly idle: Set<Member>;
  /** In the middle of something, in the order of their last progress. */
  readonly busy: Set<Member>;
}

interface Member extends Place {
  readonly scopes: Scope[];
  /** When it made progress last, or was accepted. */
  movedMs: number;
  isProven: boolean;
  isBusy: boolean;
}

/** Octets of an IPv6 address that identify a client: one subscriber usually has a /64. */
const IPV6_CLIENT_OCTETS = 8;
/**
 * A connection without progress for this time may be displaced: half of a message, a handshake, an answer that is not taken. A client
 * needs a few round trips. An attacker who wants all places must connect anew on each of them this often.
 */
export const STALLED_MS = 250;

/** Connections over the limit that may wait to be claimed, because their proxy has not named the client yet. */
export const UNCLAIMED_MAX = 100;

/**
 * Creates limits in total and by client (RFC 7766 §6.2.2, RFC 9210 §4.2). At a limit a new connection takes the place of another: at
 * the limit of its client, of one of that client; at the total, of one of the client that has the most, which may be the same. The one
 * that is closed is, in this order: the oldest that has sent no whole message within STALLED_MS; the longest idle one; the one that is
 * in the middle of something without progress for the longest time, STALLED_MS at least; the first of those that have just connected.
 * Where all make progress, the new one is refused, so that a crowd cannot interrupt the queries of others.
 */
export function createConnectionLimits(
  options: ConnectionLimitOptions,
  monotonicMs: () => number = () => performance.now(),
): ConnectionLimits {
  const { counters = newConnectionCounters() } = options;
  const total = newScope(options.connectionsMax);
  const clients = new Map<string, Scope>();
  const ranking = createRanking();

  /** Returns true for a connection without progress for long enough. */
  function isStalled(member: Member | undefined): member is Member {
    return member !== undefined && monotonicMs() - member.movedMs >= STALLED_MS;
  }

  function whoMakesRoom({ unproven, idle, busy, fresh }: Scope): Member | undefined {
    const [[oldest], [longestIdle], [slowest], [newest]] = [unproven, idle, busy, fresh];
    if (isStalled(oldest)) return oldest;
    return longestIdle ?? (isStalled(slowest) ? slowest : newest);
  }

  /** Finds the connection that makes room in all for one more of a client: one of the client that has the most, so that no other loses any. */
  function whoMakesRoomInAll(own: Scope | undefined): Member | undefined {
    const most = ranking.most;
    if (own === undefined || most === undefined || most.count <= 1) return whoMakesRoom(total);
    const heavy = own.count + 1 >= most.count ? own : most;
    // A client that has many does not keep a connection on which no whole message has come.
    const [unproven] = heavy.unproven;
    return whoMakesRoom(heavy) ?? unproven ?? whoMakesRoom(total);
  }

  /** Closes a connection to make room for another. Returns false when there was none to close. */
  function displace(leaving: Member | undefined): boolean {
    if (leaving === undefined) {
      counters[ConnectionCounter.REFUSED]! += 1;
      return false;
    }
    counters[ConnectionCounter.DISPLACED]! += 1;
    leaving.leave();
    leaving.close();
    return true;
  }

  function scopeOf(client: Uint8Array): Scope {
    const key = clientKey(client);
    let scope = clients.get(key);
    if (scope === undefined) {
      scope = newScope(options.connectionsPerClientMax);
      clients.set(key, scope);
    }
    return scope;
  }

  return Object.assign(connectionCounts(counters), {
    admit(close: () => void) {
      if (total.count >= total.max + UNCLAIMED_MAX && !displace(whoMakesRoom(total))) return undefined;
      let clientName: string | undefined;
      let hasLeft = false;
      const member: Member = {
        scopes: [],
        movedMs: monotonicMs(),
        isProven: false,
        isBusy: false,
        close,
        claim(client) {
          if (hasLeft) return false;
          // It must not be chosen to make room for itself.
          takeOut(member, total);
          const scope = client && scopeOf(client);
          const hasOwnRoom = scope === undefined || scope.count < scope.max || displace(whoMakesRoom(scope));
          const hasRoom = hasOwnRoom && (total.count <= total.max || displace(whoMakesRoomInAll(scope)));
          place(member, total);
          if (!hasRoom) {
            if (scope?.count === 0) clients.delete(clientKey(client!));
            return false;
          }
          if (scope === undefined) return true;
          clientName = clientKey(client!);
          // When the last other connection of this client made the room, its scope was deleted.
          clients.set(clientName, scope);
          join(member, scope);
          ranking.changed(scope, scope.count - 1);
          return true;
        },
        setBusy(busy) {
          if (hasLeft || member.isBusy === busy) return;
          member.isBusy = busy;
          for (const scope of member.scopes) place(member, scope);
        },
        progress() {
          if (hasLeft) return;
          member.movedMs = monotonicMs();
          member.isProven = true;
          for (const scope of member.scopes) {
            scope.busy.delete(member);
            place(member, scope);
          }
        },
        leave() {
          if (hasLeft) return;
          hasLeft = true;
          counters[ConnectionCounter.OPEN]! -= 1;
          for (const scope of member.scopes) {
            scope.count -= 1;
            takeOut(member, scope);
          }
          const client = member.scopes[1];
          if (client === undefined) return;
          ranking.changed(client, client.count + 1);
          if (client.count === 0) clients.delete(clientName!);
        },
      };
      join(member, total);
      counters[ConnectionCounter.OPEN]! += 1;
      return member;
    },
  });
}

/** Creates a ranking of clients by their number of connections. */
function createRanking() {
  const byCount: Set<Scope>[] = [];
  let most = 0;
  return {
    /** A client that has the most; undefined: no client has any. */
    get most(): Scope | undefined {
      const [first] = byCount[most] ?? [];
      return first;
    },
    /** Takes in that a client has another number of connections than `before`. */
    changed(scope: Scope, before: number): void {
      byCount[before]?.delete(scope);
      if (scope.count > 0) (byCount[scope.count] ??= new Set()).add(scope);
      most = Math.max(most, scope.count);
      while (most > 0 && (byCount[most]?.size ?? 0) === 0) most -= 1;
    },
  };
}

function newScope(max: number): Scope {
  return { max, count: 0, unproven: new Set(), fresh: new Set(), idle: new Set(), busy: new Set() };
}

function join(member: Member, scope: Scope): void {
  member.scopes.push(scope);
  scope.count += 1;
  place(member, scope);
}

/** Puts a connection into the sets where it belongs now, behind those that are there for longer. */
function place(member: Member, scope: Scope): void {
  // An unproven connection keeps its position.
  const { unproven } = scope;
  const { isProven, isBusy } = member;
  if (!isProven) unproven.add(member);
  else unproven.delete(member);
  for (const each of [scope.fresh, scope.idle]) each.delete(member);
  if (!isBusy) (isProven ? scope.idle : scope.fresh).add(member);
  // A busy connection keeps its position until it makes progress.
  if (!isBusy || !isProven) scope.busy.delete(member);
  else scope.busy.add(member);
}

function takeOut(member: Member, { unproven, fresh, idle, busy }: Scope): void {
  for (const each of [unproven, fresh, idle, busy]) each.delete(member);
}

function clientKey(client: Uint8Array): string {
  const octets = client.length === 4 ? client : client.subarray(0, IPV6_CLIENT_OCTETS);
  return octets.join('.');
}
