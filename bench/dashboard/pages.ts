import { setTimeout as sleep } from 'node:timers/promises';
import { TOKEN } from '../../test/support/lifeguard.ts';

/** As the page has it (src/dashboard/shell/live.js): shortest time between refreshes, the longest random delay, and the time without events. */
const REFRESH_MS = 2_000;
const SPREAD_MS = 150;
const STEADY_MS = 5_000;

/** What the views ask for, in turn. */
const VIEWS = ['/lifeguard/v1/summary', '/lifeguard/v1/pools/states?per_page=100&page=1'];

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
  did(): PagesDid;
  close(): Promise<void>;
}

/**
 * Opens pages of the dashboard as far as the server sees them: each follows the events, and asks again for what its view shows as the
 * page does. Rejects where one cannot follow.
 */
export async function openPages(origin: string, count: number): Promise<Pages> {
  const headers = { cookie: await sessionOf(origin) };
  const closing = new AbortController();
  const { signal } = closing;
  const refreshes: number[] = Array.from({ length: count }, () => 0);
  let refreshesMs: number[] = [];
  const ends: Promise<void>[] = [];

  function follow(at: number, body: ReadableStream<Uint8Array>): void {
    const path = VIEWS[at % VIEWS.length]!;
    let refreshedMs = 0;
    let isWaiting = false;
    let tag = '';
    async function refresh() {
      if (isWaiting || signal.aborted) return;
      isWaiting = true;
      await sleep(
        Math.max(0, refreshedMs + REFRESH_MS - performance.now()) + Math.random() * SPREAD_MS,
        undefined,
        { signal },
      );
      isWaiting = false;
      refreshedMs = performance.now();
      const response = await fetch(origin + path, { headers: { ...headers, 'if-none-match': tag }, signal });
      await response.arrayBuffer();
      tag = response.headers.get('etag') ?? '';
      if (!response.ok && response.status !== 304) throw new Error(`${path}: ${response.status}`);
      refreshes[at]! += 1;
      refreshesMs.push(performance.now() - refreshedMs);
    }
    async function steady() {
      for (;;) {
        await sleep(STEADY_MS, undefined, { signal });
        await refresh();
      }
    }
    async function receive() {
      // What comes without an event keeps the connection alive.
      for await (const chunk of body)
        if (Buffer.from(chunk).includes('event:')) ends.push(quietly(refresh()));
    }
    ends.push(quietly(receive()), quietly(steady()));
  }

  async function quietly(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  for (let at = 0; at < count; at += 1) {
    const { ok, status, body } = await fetch(`${origin}/lifeguard/v1/events/live?every=1s`, {
      headers,
      signal,
    });
    if (!ok || body === null) throw new Error(`page ${at + 1} cannot follow events: ${status}`);
    follow(at, body);
  }
  return {
    did() {
      const did = { most: Math.max(0, ...refreshes), refreshesMs };
      refreshes.fill(0);
      refreshesMs = [];
      return did;
    },
    async close() {
      closing.abort();
      await Promise.all(ends);
    },
  };
}

/** Logs in, and returns the cookie of the session. */
async function sessionOf(origin: string): Promise<string> {
  const response = await fetch(`${origin}/lifeguard/v1/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-lifeguard-dashboard': '1', origin },
    body: JSON.stringify({ token: TOKEN }),
  });
  const [cookie] = response.headers.getSetCookie();
  if (!response.ok || cookie === undefined) throw new Error(`no session: ${response.status}`);
  return cookie.split(';')[0]!;
}
