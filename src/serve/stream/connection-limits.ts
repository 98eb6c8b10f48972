/** How many connections there may be at a time. */
export interface ConnectionLimitOptions {
  readonly connectionsMax: number;
  /** Of one client: an IPv4 address, or an IPv6 /64. */
  readonly connectionsPerClientMax: number;
  /** A block in which connections are counted, for others to read; absent: its own. */
  readonly counters?: Float64Array;
}

/** A connection's place under the limits. It is idle at first, and has not proven that it asks anything. */
export interface Place {
  /**
   * Closes the connection, which has to make room for another; replaced as the connection goes on. Called at most once,
   * when the place is gone already.
   */
  close: () => void;
  /** Whether there is a place for one more of this client (4 or 16 octets; undefined: of nobody's own); called at most once. */
  claim(client: Uint8Array | undefined): boolean;
  /** A connection in the middle of something is not closed to make room while it gets on. Idle ones are, the longest idle first. */
  setBusy(isBusy: boolean): void;
  /** It got on: a whole message came, or the client took an answer. */
  progress(): void;
  /** Gives the place back; later calls of anything do nothing. */
  leave(): void;
}

/** Numbers of connections. */
export interface ConnectionCounts {
  /** Connections there are. */
  readonly open: number;
  /** Connections closed at once, because there was no room. */
  readonly refused: number;
  /** Connections closed to make room, that were idle or got nowhere. */
  readonly displaced: number;
}

/** Where each number stands in a block that threads share. */
export const ConnectionCounter = { OPEN: 0, REFUSED: 1, DISPLACED: 2 } as const;

/** Creates a block of these numbers, which has one writer. */
export function newConnectionCounters(): Float64Array<SharedArrayBuffer> {
  return new Float64Array(
    new SharedArrayBuffer(Object.keys(ConnectionCounter).length * Float64Array.BYTES_PER_ELEMENT),
  );
}

/** Shows the numbers of a block as they are whenever somebody asks. */
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

/** The limits over all stream listeners of a process, and what they did. */
export interface ConnectionLimits extends ConnectionCounts {
  /** A place for a connection that was just accepted, to be claimed before it is served; undefined: there is none. */
  admit(close: () => void): Place | undefined;
}

/** Connections that share one limit. Of each set the first is the one that is in it for the longest. */
interface Scope {
  readonly max: number;
  count: number;
  /** On which no whole message came yet, whatever else did; those of them that are silent are also `fresh`. */
  readonly unproven: Set<Member>;
  readonly fresh: Set<Member>;
  /** That wait for the next message. */
  readonly idle: Set<Member>;
  /** In the middle of something; by when they got on last. */
  readonly busy: Set<Member>;
}

interface Member extends Place {
  readonly scopes: Scope[];
  /** When it got on last, or was accepted. */
  movedMs: number;
  isProven: boolean;
  isBusy: boolean;
}

/** Octets of an IPv6 address that make a client: one subscriber has a /64 to himself. */
const IPV6_CLIENT_OCTETS = 8;
/**
 * What got nowhere for so long may be displaced: half of a message, a handshake, an answer that is not taken. A client
 * needs a few round trips; who wants to hold every place has to connect anew all of them each so often.
 */
export const STALLED_MS = 250;

/** Connections over the limit that may wait to be claimed: their proxy has not said yet whose they are. */
export const UNCLAIMED_MAX = 100;

/**
 * Limits in total and by client (RFC 7766 §6.2.2, RFC 9210 §4.2). At a limit a new connection takes the place of another: at
 * the client's own, of one of his; at the total, of one of the client that has the most, which may be the same. That is,
 * in this order, the oldest that has sent no whole message within STALLED_MS; the longest idle; the one that is longest in
 * the middle of something without getting on, for STALLED_MS at least; the first of those that have just connected. Where
 * all get on the new one is refused, so that a crowd cannot interrupt anybody's queries.
 */
export function createConnectionLimits(
  options: ConnectionLimitOptions,
  monotonicMs: () => number = () => performance.now(),
): ConnectionLimits {
  const { counters = newConnectionCounters() } = options;
  const total = newScope(options.connectionsMax);
  const clients = new Map<string, Scope>();
  const ranking = createRanking();

  /** Whether a connection got nowhere for long enough; absent: there is none. */
  function isStalled(member: Member | undefined): member is Member {
    return member !== undefined && monotonicMs() - member.movedMs >= STALLED_MS;
  }

  function whoMakesRoom({ unproven, idle, busy, fresh }: Scope): Member | undefined {
    const [[oldest], [longestIdle], [slowest], [newest]] = [unproven, idle, busy, fresh];
    if (isStalled(oldest)) return oldest;
    return longestIdle ?? (isStalled(slowest) ? slowest : newest);
  }

  /** Who makes room in all for one more of a client: somebody of whoever has the most, so that nobody else is denied. */
  function whoMakesRoomInAll(own: Scope | undefined): Member | undefined {
    const most = ranking.most;
    if (own === undefined || most === undefined || most.count <= 1) return whoMakesRoom(total);
    const heavy = own.count + 1 >= most.count ? own : most;
    // Of those who have many, none that has not sent anything whole is waited for.
    const [unproven] = heavy.unproven;
    return whoMakesRoom(heavy) ?? unproven ?? whoMakesRoom(total);
  }

  /** Closes a connection to make room for another; whether there was one. */
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
          // It takes no part in what is decided about it.
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
          // Room may be made by the last other connection of this client, which takes the scope away with it.
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

/** Clients by how many connections they have. */
function createRanking() {
  const byCount: Set<Scope>[] = [];
  let most = 0;
  return {
    /** One of those that have the most; undefined: nobody has any. */
    get most(): Scope | undefined {
      const [first] = byCount[most] ?? [];
      return first;
    },
    /** A client has another number of connections than the one before. */
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

/** Puts a connection where it belongs now, behind those that are there for longer. */
function place(member: Member, scope: Scope): void {
  // Who is unproven stays where he is.
  const { unproven } = scope;
  const { isProven, isBusy } = member;
  if (!isProven) unproven.add(member);
  else unproven.delete(member);
  for (const each of [scope.fresh, scope.idle]) each.delete(member);
  if (!isBusy) (isProven ? scope.idle : scope.fresh).add(member);
  // What is in the middle of something is there since it got on last, however often it says so.
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
