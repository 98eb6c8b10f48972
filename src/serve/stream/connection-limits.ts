/** How many connections there may be at a time. */
export interface ConnectionLimitOptions {
  readonly connectionsMax: number;
  /** Of one client: an IPv4 address, or an IPv6 /64. */
  readonly connectionsPerClientMax: number;
}

/** A connection's place under the limits. It is idle at first. */
export interface Place {
  /**
   * Closes the connection, which has to make room for another; replaced as the connection goes on. Called at most once,
   * when the place is gone already.
   */
  close: () => void;
  /** Whether there is a place for one more of this client (4 or 16 octets); called at most once. */
  claim(client: Uint8Array): boolean;
  /** A connection in the middle of something is not closed to make room. Idle ones are, the longest idle first. */
  setBusy(isBusy: boolean): void;
  /** Gives the place back; later calls of anything do nothing. */
  leave(): void;
}

/** The limits over all stream listeners of a process, and what they did. */
export interface ConnectionLimits {
  /** Connections there are. */
  readonly open: number;
  /** Connections closed at once, because there was no room. */
  readonly refused: number;
  /** Idle connections closed to make room. */
  readonly displaced: number;
  /** A place for a connection that was just accepted; undefined: there is none. */
  admit(close: () => void): Place | undefined;
}

/** Connections that share one limit. */
interface Scope {
  readonly max: number;
  count: number;
  /** The longest idle first. */
  readonly idle: Set<Member>;
}

interface Member extends Place {
  readonly scopes: Scope[];
}

/** Octets of an IPv6 address that make a client: one subscriber has a /64 to himself. */
const IPV6_CLIENT_OCTETS = 8;

/**
 * Limits in total and by client (RFC 7766 §6.2.2, RFC 9210 §4.2). At a limit a new connection takes the place of the one
 * that is idle the longest: of the same client, or of all. Where none is idle it is refused, so that a crowd cannot
 * interrupt anybody's queries.
 */
export function createConnectionLimits(options: ConnectionLimitOptions): ConnectionLimits {
  const total: Scope = { max: options.connectionsMax, count: 0, idle: new Set() };
  const clients = new Map<string, Scope>();
  let refused = 0;
  let displaced = 0;

  /** Makes room for one more in a scope, where that can be. */
  function hasRoom(scope: Scope): boolean {
    if (scope.count < scope.max) return true;
    const [longest] = scope.idle;
    if (longest === undefined) {
      refused += 1;
      return false;
    }
    displaced += 1;
    longest.leave();
    longest.close();
    return true;
  }

  function scopeOf(client: Uint8Array): Scope {
    const key = clientKey(client);
    let scope = clients.get(key);
    if (scope === undefined) {
      scope = { max: options.connectionsPerClientMax, count: 0, idle: new Set() };
      clients.set(key, scope);
    }
    return scope;
  }

  return {
    get open() {
      return total.count;
    },
    get refused() {
      return refused;
    },
    get displaced() {
      return displaced;
    },
    admit(close) {
      if (!hasRoom(total)) return undefined;
      let clientName: string | undefined;
      let hasLeft = false;
      let isBusy = false;
      const member: Member = {
        scopes: [],
        close,
        claim(client) {
          if (hasLeft) return false;
          const scope = scopeOf(client);
          clientName = clientKey(client);
          // Room may be made by the last other connection of this client, which takes the scope away with it.
          if (!hasRoom(scope)) return false;
          clients.set(clientName, scope);
          join(member, scope, isBusy);
          return true;
        },
        setBusy(busy) {
          if (hasLeft) return;
          isBusy = busy;
          for (const { idle } of member.scopes) {
            // Taken out and put in again it is the last.
            idle.delete(member);
            if (!busy) idle.add(member);
          }
        },
        leave() {
          if (hasLeft) return;
          hasLeft = true;
          for (const scope of member.scopes) {
            scope.count -= 1;
            scope.idle.delete(member);
          }
          const client = member.scopes[1];
          if (client?.count === 0) clients.delete(clientName!);
        },
      };
      join(member, total, isBusy);
      return member;
    },
  };
}

function join(member: Member, scope: Scope, isBusy: boolean): void {
  member.scopes.push(scope);
  scope.count += 1;
  if (!isBusy) scope.idle.add(member);
}

function clientKey(client: Uint8Array): string {
  const octets = client.length === 4 ? client : client.subarray(0, IPV6_CLIENT_OCTETS);
  return octets.join('.');
}
