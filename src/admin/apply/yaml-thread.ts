import { Worker } from 'node:worker_threads';
import { apiError } from '../http/errors.ts';

/** What the thread is asked. */
export type YamlTask =
  | { readonly kind: 'parse'; readonly octets: Uint8Array; readonly valuesMax: number }
  | { readonly kind: 'format'; readonly json: string };

/** What it says: YAML, or JSON of what YAML holds; or what is wrong with that. */
export type YamlReply =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refused'; readonly why: string };

/** Longest time for one text; the thread is ended then. The worst of what may be asked takes some two seconds alone. */
export const YAML_MS = 10_000;
/** Texts that wait for the thread. */
export const YAML_WAITING_MAX = 16;
/** The thread ends when it has had nothing to do for so long. */
const IDLE_MS = 30_000;
/** Memory of the thread, for values that live. */
const HEAP_MIB = 128;
const RETRY_AFTER_SECONDS = 5;

/** One thread for YAML, started when it is needed. */
export interface YamlThread {
  /** JSON of what a YAML document holds. Throws ApiError where it is none, and for too many at a time. */
  toJson(octets: Uint8Array, valuesMax: number): Promise<string>;
  /** What JSON says as YAML. Throws ApiError for too many at a time. */
  format(json: string): Promise<string>;
  stop(): Promise<void>;
}

/** A thread that has not been started. */
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
