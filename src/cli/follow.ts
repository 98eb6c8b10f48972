import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { HEARTBEAT_MS } from '../admin/events/heartbeat.ts';
import { ExitCode, OperatorError } from '../commands/exit.ts';
import type { ApiClient } from './api.ts';

/** A connection is dead when nothing arrives on it for this long, milliseconds. */
export const QUIET_MS = 3 * HEARTBEAT_MS;
/** Milliseconds before the next connection: `first`, unless the server names another time, then doubled up to `max`. */
const AGAIN_MS = { first: 1_000, max: 30_000 } as const;
/** Following ends when the server is away for longer than this, milliseconds. */
export const AWAY_MAX_MS = 600_000;
/** Characters of an incomplete event; a longer one ends the connection. */
const EVENT_MAX = 4 * 1_048_576;

/** How events are followed. */
export interface Following {
  /** Identifier of the last event that was received; undefined: only new events. */
  readonly after: string | undefined;
  /** Ends following. */
  readonly signal: AbortSignal;
  /** Receives the reason whenever a connection is lost. */
  trouble(reason: string): void;
}

/**
 * Yields events as they happen (server-sent events, HTML §9.2), until `signal` ends it. After a lost connection it
 * connects again and continues after the last event. Throws OperatorError when the first connection fails, when the
 * server refuses the request, or when it is away for AWAY_MAX_MS.
 */
export async function* followed<T>(
  client: ApiClient,
  path: string,
  { after, signal, trouble }: Following,
): AsyncGenerator<T, void> {
  let last = after;
  let receivedMs: number | undefined;
  let firstMs: number = AGAIN_MS.first;
  let againMs = firstMs;
  while (!signal.aborted) {
    const connection = new AbortController();
    const watchdog = setTimeout(
      () => connection.abort(new Error(`Nothing arrived for ${QUIET_MS / 1_000} s.`)),
      QUIET_MS,
    );
    const watched = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        receivedMs = performance.now();
        watchdog.refresh();
        controller.enqueue(chunk);
      },
    });
    try {
      const body = await client.listen(path, last, AbortSignal.any([signal, connection.signal]));
      receivedMs = performance.now();
      const messages = body
        .pipeThrough(watched)
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(
          new EventSourceParserStream({
            maxBufferSize: EVENT_MAX,
            onRetry: (ms) => {
              firstMs = Math.min(ms, AGAIN_MS.max);
            },
          }),
        );
      for await (const { id, data } of messages) {
        last = id ?? last;
        againMs = firstMs;
        yield JSON.parse(data) as T;
      }
      againMs = firstMs;
      trouble('The server closed the connection.');
    } catch (error) {
      if (signal.aborted) return;
      const refused = error instanceof OperatorError && error.exitCode !== ExitCode.FAILED;
      if (
        receivedMs === undefined ||
        (refused && (error.exitCode !== ExitCode.REFUSED || last === undefined))
      )
        throw error;
      trouble((error as Error).message);
      // The server may no longer have the last event.
      if (refused) last = undefined;
    } finally {
      clearTimeout(watchdog);
      connection.abort();
    }
    if (performance.now() - receivedMs > AWAY_MAX_MS)
      throw new OperatorError(`The server has not answered for ${AWAY_MAX_MS / 60_000} minutes.`);
    await sleep(againMs, undefined, { signal }).catch(() => undefined);
    againMs = Math.min(2 * againMs, AGAIN_MS.max);
  }
}
