import process from 'node:process';
import { parentPort } from 'node:worker_threads';
import { adopt, type TableReader } from '../../answer/reader.ts';
import { Signal, type ThreadMessage } from './thread.ts';

/**
 * Does what the main thread tells a data-plane thread that has an event loop: changes over to other buffers of the table
 * between two queries, and ends the thread after `stop` when it is over.
 */
export async function obeyMain(
  signals: SharedArrayBuffer,
  reader: TableReader,
  stop: () => Promise<void>,
): Promise<void> {
  const words = new Int32Array(signals);
  parentPort!.on('message', (message: ThreadMessage) => {
    adopt(reader, message);
    Atomics.add(words, Signal.TAKEN, 1);
  });
  await Atomics.waitAsync(words, Signal.STOP, 0).value;
  await stop();
  process.exit();
}
