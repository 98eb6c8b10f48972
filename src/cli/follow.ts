import { setTimeout as sleep } from 'node:timers/promises';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { HEARTBEAT_MS } from '../admin/events/heartbeat.ts';
import { ExitCode, OperatorError } from '../commands/exit.ts';
import type { ApiClient } from './api.ts';

/** A connection on which nothing came for so long is taken for dead. */
export const QUIET_MS = 3 * HEARTBEAT_MS;
/** How long to wait before connecting again, unless the server says another first time; twice as long each time, up to the second. */
const AGAIN_MS = { first: 1_000, max: 30_000 } as const;
/** When the server was away for so long, following ends. */
export const AWAY_MAX_MS = 600_000;
/** Characters of an event that is not whole yet; one that is longer ends the connection. */
const EVENT_MAX = 4 * 1_048_576;

/** How events are followed. */
export interface Following {
  /** Identifier of the last event that is known; undefined: from now on. */
  readonly after: string | undefined;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Is told why events come late, or not at all. */
  trouble(what: string): void;
}

/**
 * Events as they come (server-sent events, HTML §9.2), until `signal` ends it. A connection that is lost is made again,
 * and goes on after the last event. Throws OperatorError when the first connection fails, when the server refuses, or
 * when it was away for AWAY_MAX_MS.
 */
export async function* followed<T>(
  client: ApiClient,
  path: string,
  { after, signal, trouble }: Following,
): AsyncGenerator<T, void> {
  let last = after;
  let heardMs: number | undefined;
  let firstMs: number = AGAIN_MS.first;
  let againMs = firstMs;
  while (!signal.aborted) {
    const connection = new AbortController();
    const watchdog = setTimeout(() => connection.abort(new Error('nothing came for too long')), QUIET_MS);
    const heard = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform(chunk, controller) {
        heardMs = performance.now();
        watchdog.refresh();
        controller.enqueue(chunk);
      },
    });
    try {
      const body = await client.listen(path, last, AbortSignal.any([signal, connection.signal]));
      heardMs = performance.now();
      const messages = body
        .pipeThrough(heard)
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
      trouble('the server ended the connection');
    } catch (error) {
      if (signal.aborted) return;
      const refused = error instanceof OperatorError && error.exitCode !== ExitCode.FAILED;
      if (heardMs === undefined || (refused && (error.exitCode !== ExitCode.REFUSED || last === undefined)))
        throw error;
      trouble((error as Error).message);
      // It may not have the last event any more.
      if (refused) last = undefined;
    } finally {
      clearTimeout(watchdog);
      connection.abort();
    }
    if (performance.now() - heardMs > AWAY_MAX_MS) throw new OperatorError('the server stays away');
    await sleep(againMs, undefined, { signal }).catch(() => undefined);
    againMs = Math.min(2 * againMs, AGAIN_MS.max);
  }
}
