import process from 'node:process';
import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { Exchange } from '../../answer/exchange.ts';
import { guard } from '../../answer/guard.ts';
import { adopt, openTable } from '../../answer/reader.ts';
import { createResponder, type Responder, type ResponderSettings } from '../../answer/respond.ts';
import { observed } from '../../answer/sample/observed.ts';
import { Signal, type ThreadData, type ThreadMessage } from './thread.ts';

/** How a data-plane thread that has an event loop answers, and ends. */
export interface LoopThread {
  /** Answers queries of this thread. */
  readonly responder: Responder;
  /**
   * Ends the thread when the main thread wants it to, after `stop`; where it wants it to drain, after `drain` and then `stop`.
   * `successor`: the path at which another server answers.
   */
  endAfter(stop: () => Promise<void>, drain?: (successor: string | undefined) => Promise<void>): void;
}

/**
 * Opens the table in a data-plane thread that has an event loop. It changes over to other buffers as soon as the main thread
 * hands them out, and before each query, so that nothing older is answered than what was published before the query came.
 */
export function openLoopThread(data: ThreadData): LoopThread {
  const { seed, counters } = data;
  const words = new Int32Array(data.signals);
  const reader = openTable(data.table);
  // No other reference to the first table stays, so its memory is free once the reader has changed over.
  Object.assign(data, { table: undefined });
  const responderBy = (settings: ResponderSettings) =>
    observed(
      guard(createResponder({ table: reader, settings, seed, counters }), counters),
      settings.sampling,
      counters,
      seed,
    );
  let answering = responderBy(data.settings);
  let taken = 0;
  let successor: string | undefined;

  function take(message: ThreadMessage): void {
    if ('table' in message) adopt(reader, message.table);
    else if ('settings' in message) answering = responderBy(message.settings);
    else ({ successor } = message);
    taken += 1;
    Atomics.store(words, Signal.TAKEN, taken);
  }

  function takeWaiting(): void {
    for (;;) {
      const received = receiveMessageOnPort(parentPort!) as { message: ThreadMessage } | undefined;
      if (received === undefined) return;
      take(received.message);
    }
  }

  return {
    responder: {
      respond(exchange: Exchange) {
        if (Atomics.load(words, Signal.POSTED) !== taken) takeWaiting();
        return answering.respond(exchange);
      },
    },
    async endAfter(stop, drain = () => Promise.resolve()) {
      parentPort!.on('message', take);
      const stopped = Atomics.waitAsync(words, Signal.STOP, 0).value;
      const drained = Promise.resolve(Atomics.waitAsync(words, Signal.DRAIN, 0).value).then(() => {
        takeWaiting();
        return drain(successor);
      });
      await Promise.race([stopped, drained]);
      await stop();
      process.exit();
    },
  };
}
