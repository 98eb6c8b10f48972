import type { ListenAddress } from '../../config/config.ts';
import { isAt } from '../listen/is-at.ts';
import type { Protocol } from '../listen/taken.ts';
import type { OpenSocket } from './open-sockets.ts';

/** Sockets that another server opened, and that this one goes on with. */
export interface InheritedSockets {
  /** Takes the sockets at an address, which the caller then owns; empty: there are none, or they were taken. */
  take(protocol: Protocol, at: ListenAddress): readonly OpenSocket[];
  /** Closes those that nobody took: they are of addresses that are no longer configured. */
  closeRest(): void;
}

/** What a server goes on with from the one that it replaces. */
export interface Inheritance extends InheritedSockets {
  /** The secrets of its cookies. */
  readonly cookieSecrets: readonly Uint8Array[];
  /** The path of the socket at which it asks the queries that come on connections which it still has. */
  readonly predecessorsAt: string;
}

/** Creates a set of inherited sockets. */
export function inheritedSockets(
  sockets: readonly OpenSocket[],
  close: (fd: number) => void,
): InheritedSockets {
  const left = new Set(sockets);
  return {
    take(protocol, at) {
      const taken = [...left].filter((each) => each.protocol === protocol && isAt(each, at));
      for (const each of taken) left.delete(each);
      return taken;
    },
    closeRest() {
      for (const { fd } of left) close(fd);
      left.clear();
    },
  };
}
