import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';

/** What open pages did since they were last asked. */
export interface PagesDid {
  /** Refreshes of the page that had the most. */
  readonly most: number;
  /** Durations of all refreshes, milliseconds. */
  readonly refreshesMs: readonly number[];
}

/** Pages that are open. */
export interface Pages {
  /** Returns what they did, and counts anew. */
  did(): Promise<PagesDid>;
  close(): Promise<void>;
}

/**
 * Opens pages of the dashboard as far as the server sees them. They have a process that runs only where nothing else wants the core: browsers
 * are on other machines, and must not take time from the server. Rejects where one cannot follow.
 */
export async function openPages(origin: string, count: number): Promise<Pages> {
  const child = fork(join(import.meta.dirname, 'page-process.ts'), [origin, String(count)], {
    execPath: 'chrt',
    execArgv: ['--idle', '0', process.execPath],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const ended = once(child, 'exit');
  async function said<T>(): Promise<T> {
    const [answer] = await Promise.race([
      once(child, 'message'),
      ended.then(([code]) => Promise.reject(new Error(`the pages ended with code ${code}`))),
    ]);
    return answer as T;
  }
  await said<'open'>();
  return {
    did() {
      child.send('did');
      return said<PagesDid>();
    },
    async close() {
      process.off('exit', kill);
      child.disconnect();
      await ended;
    },
  };
}
