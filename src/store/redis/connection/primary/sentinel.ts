import type { Socket } from 'node:net';
import { type SentinelConnectionOptions, SentinelConnector } from 'ioredis';
import { guardParser } from './guarded.ts';
import { neverConnected } from './never-connected.ts';

/** The part of the library's connector that makes its connections to sentinels. */
interface Asking {
  connectToSentinel(
    sentinel: unknown,
    options?: object,
  ): {
    readonly stream: Socket;
    on(event: 'connect', listener: () => void): unknown;
  };
}

/**
 * Makes the class of the library's connector to the primary that sentinels name, which also leaves a primary as soon as a sentinel
 * tells of another. Where no sentinel names one, the attempt to connect fails like any other, and the next one comes in its
 * time. `askMs`: time limit for the connection to one sentinel, milliseconds.
 */
export function sentinelConnector(askMs: number): new (options: unknown) => SentinelConnector {
  return class extends SentinelConnector {
    constructor(options: unknown) {
      super(options as SentinelConnectionOptions);
      const asking = this as unknown as Asking;
      const connect = asking.connectToSentinel.bind(asking);
      asking.connectToSentinel = (sentinel, given = {}) => {
        const client = connect(sentinel, { ...given, connectTimeout: askMs });
        client.on('connect', () => guardParser(client.stream));
        return client;
      };
    }

    override async connect(emit: Parameters<SentinelConnector['connect']>[0]) {
      try {
        return await super.connect(emit);
      } catch (error) {
        this.firstError = error as Error;
        return neverConnected();
      }
    }
  };
}
