import { StoreRefused } from '../../contract/failure.ts';
import type { Client } from './client.ts';

/** Whether a client can be used, for those who wait for it. */
export interface Readiness {
  /**
   * Resolves when commands can be sent. Waits up to `ms` for an attempt to connect that is under way. Rejects with the
   * reason otherwise.
   */
  connected(ms: number): Promise<void>;
  /** Resolves when commands can be sent, when Redis refused an attempt to connect, or when the connection was closed for good. */
  usable(): Promise<void>;
  readonly isClosed: boolean;
  /** Notes that the connection was closed for good. */
  closed(): void;
}

/** Follows the state of a client. `describe`: what an error of the library may say; `unavailable`: the error with a reason. */
export function createReadiness(
  redis: Client,
  describe: (error: unknown) => string,
  unavailable: (why: string) => Error,
): Readiness {
  let isClosed = false;
  let trouble = 'not connected';
  const attempts = new Set<(failure?: string) => void>();
  const resting = new Set<() => void>();
  const settle = (failure?: string) => {
    for (const done of attempts) done(failure);
    attempts.clear();
    // Who waits learns of a refusal, as of a wrong password, though nobody asks anything meanwhile.
    if (failure !== undefined && !isClosed && !(unavailable(failure) instanceof StoreRefused)) return;
    for (const done of resting) done();
    resting.clear();
  };
  redis.on('error', (error) => {
    trouble = describe(error);
  });
  redis.on('ready', () => {
    trouble = 'connection lost';
    settle();
  });
  redis.on('close', () => settle(trouble));
  redis.on('end', () => settle(trouble));
  return {
    connected: (ms) =>
      new Promise<void>((resolve, reject) => {
        if (redis.status === 'ready') return resolve();
        if (isClosed || (redis.status !== 'connecting' && redis.status !== 'connect'))
          return reject(unavailable(trouble));
        const done = (failure?: string) => {
          clearTimeout(timer);
          if (failure === undefined) resolve();
          else reject(unavailable(failure));
        };
        const timer = setTimeout(() => {
          attempts.delete(done);
          done('not connected in time');
        }, ms);
        attempts.add(done);
      }),
    usable: () =>
      new Promise((resolve) => {
        if (isClosed || redis.status === 'ready') resolve();
        else resting.add(resolve);
      }),
    get isClosed() {
      return isClosed;
    },
    closed() {
      isClosed = true;
      settle(trouble);
    },
  };
}
