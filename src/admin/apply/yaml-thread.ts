import { Worker } from 'node:worker_threads';
import { apiError } from '../http/errors.ts';

/** A request to the thread. */
export type YamlTask =
  | { readonly kind: 'parse'; readonly octets: Uint8Array; readonly valuesMax: number }
  | { readonly kind: 'format'; readonly json: string };

/** Its answer: YAML, or the content of YAML as JSON; or the problem. */
export type YamlReply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Time limit for one text, milliseconds, after which the thread is ended. The worst allowed text takes about two seconds. */
export const YAML_MS = 10_000;
/** Maximum number of texts that wait for the thread. */
export const YAML_WAITING_MAX = 16;
/** The thread ends after this idle time, milliseconds. */
const IDLE_MS = 30_000;
/** Memory limit of the thread, for live values. */
const HEAP_MIB = 128;
const RETRY_AFTER_SECONDS = 5;

/** The thread for YAML, which starts when it is first needed. */
export interface YamlThread {
  /** Converts a YAML document to JSON. Throws ApiError for a bad one, and for too many at a time. */
  toJson(octets: Uint8Array, valuesMax: number): Promise<string>;
  /** Formats JSON as YAML. Throws ApiError for too many at a time. */
  format(json: string): Promise<string>;
  stop(): Promise<void>;
}

/** Creates the thread, which starts when it is first needed. */
export function createYamlThread(): YamlThread {
  let worker: Worker | undefined;
  let idle: NodeJS.Timeout | undefined;
  let waiting = 0;
  let last: Promise<unknown> = Promise.resolve();

  async function end(): Promise<void> {
    clearTimeout(idle);
    const ended = worker;
    worker = undefined;
    await ended?.terminate();
  }

  async function perform(task: YamlTask): Promise<YamlReply> {
    clearTimeout(idle);
    worker ??= new Worker(new URL('./yaml-entry.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
    });
    const thread = worker;
    const { promise, resolve, reject } = Promise.withResolvers<YamlReply>();
    const tooLate = setTimeout(() => resolve({ kind: 'refused', why: 'it takes too long to read' }), YAML_MS);
    const failed = (error: unknown) => reject(error);
    thread.once('message', resolve).once('error', failed).once('exit', failed);
    try {
      thread.postMessage(task);
      const reply = await promise;
      if (reply.kind === 'refused' && thread === worker) await end();
      return reply;
    } catch {
      await end();
      return { kind: 'refused', why: 'it takes too much memory to read' };
    } finally {
      clearTimeout(tooLate);
      thread.removeAllListeners('message').removeAllListeners('error').removeAllListeners('exit');
      idle = setTimeout(() => void end(), IDLE_MS).unref();
    }
  }

  async function inTurn(task: YamlTask): Promise<YamlReply> {
    if (waiting === YAML_WAITING_MAX)
      throw apiError(
        'tooManyAtOnce',
        { what: 'documents in YAML', max: YAML_WAITING_MAX, whose: 'in all' },
        { 'retry-after': String(RETRY_AFTER_SECONDS) },
      );
    waiting += 1;
    const turn = last.then(() => perform(task));
    last = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      waiting -= 1;
    }
  }

  return {
    async toJson(octets, valuesMax) {
      const reply = await inTurn({ kind: 'parse', octets, valuesMax });
      if (reply.kind === 'refused') throw apiError('badYaml', { why: reply.why });
      return reply.text;
    },
    async format(json) {
      const reply = await inTurn({ kind: 'format', json });
      if (reply.kind === 'refused') throw new Error(`the document was not written as YAML: ${reply.why}`);
      return reply.text;
    },
    stop: end,
  };
}
