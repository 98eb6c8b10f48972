import type { ResponderSettings } from '../../answer/respond.ts';
import type { TableBuffers } from '../../answer/table.ts';
import { createRepeats } from '../../telemetry/repeats.ts';
import type { Logger } from '../logger.ts';
import { type RelayedLine, writeRelayed } from './relayed-log.ts';
import { startThread } from './supervised.ts';
import type { ThreadData } from './thread.ts';

/** A message of a thread with listeners to the main thread: where it listens, once, and log lines. */
export type ListeningThreadMessage<Listening> =
  | { readonly kind: 'listening'; readonly listening: Listening }
  | RelayedLine;

/** What startListeningThread needs. */
export interface ListeningThreadOptions<Data extends ThreadData, Listening> {
  /** A name for debuggers and profiles. */
  readonly name: string;
  /** The module that the thread runs. It throws what it cannot start. */
  readonly entry: URL;
  readonly table: TableBuffers;
  /** Makes the rest of what the thread is started with. `listening`: where it listened before; undefined: at its first start. */
  data(listening: Listening | undefined): Omit<Data, 'signals' | 'table'>;
  /** The thread died, and is started again unless it never listened. */
  died?(): void;
  /** What the log says then. */
  readonly diedMessage: string;
  readonly log: Logger;
}

/** A data-plane thread that listens. */
export interface ListeningThread<Listening> {
  /** Where it listens, ports that were 0 made out. */
  readonly listening: Listening;
  /** How often it died so far, and was started again. */
  readonly deaths: number;
  /** Changes over to other buffers of the answer table. */
  adopt(table: TableBuffers): void;
  /** Answers by other settings from now on; `data` gives them to a thread that is started again. */
  useSettings(settings: ResponderSettings): void;
  /** Returns true when it reads no buffers but those adopted last. */
  hasAdopted(): boolean;
  /** Stops listening, lets connections end, and resolves when the thread has ended. `successor`: the path at which another server answers. */
  drain(successor?: string): Promise<void>;
  /** Stops listening, and closes every connection. */
  stop(): Promise<void>;
}

/** Starts a data-plane thread that listens by itself. Rejects, listening nowhere, with the error of a thread that cannot start. */
export function startListeningThread<Data extends ThreadData, Listening>({
  name,
  entry,
  data,
  died = () => undefined,
  diedMessage,
  log,
  ...given
}: ListeningThreadOptions<Data, Listening>): Promise<ListeningThread<Listening>> {
  // The first table may be large, and is replaced soon, so nothing else may refer to it.
  let { table } = given;
  const { promise, resolve, reject } = Promise.withResolvers<ListeningThread<Listening>>();
  /** Undefined: it has not listened yet. Ports that were 0 are chosen at its first start, and stay. */
  let listening: Listening | undefined;
  let deaths = 0;
  const repeats = createRepeats();
  const thread = startThread<ThreadData>({
    name,
    entry,
    data: () => ({ ...data(listening), table }),
    died(error) {
      died();
      if (listening === undefined) {
        void thread.stop();
        reject(error);
        return;
      }
      deaths += 1;
      const unsaid = repeats.due(String(error));
      if (unsaid !== undefined) log.error({ err: error, unsaid }, diedMessage);
    },
    received(message) {
      const said = message as ListeningThreadMessage<Listening>;
      if (said.kind === 'log') writeRelayed(log, said);
      else if (listening === undefined) {
        ({ listening } = said);
        resolve({
          listening,
          get deaths() {
            return deaths;
          },
          adopt(buffers) {
            table = buffers;
            thread.adopt(buffers);
          },
          useSettings: (settings) => thread.useSettings(settings),
          hasAdopted: () => thread.hasAdopted(),
          drain: (successor) => thread.drain(successor),
          stop: () => thread.stop(),
        });
      }
    },
  });
  return promise;
}
