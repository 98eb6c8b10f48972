/** The process of open pages of the dashboard (pages.ts). Its arguments: the address of the server, and the number of pages. */
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { TOKEN } from '../../test/support/lifeguard.ts';
import type { PagesDid } from './pages.ts';

/** As the page has it (src/dashboard/shell/live.js): shortest time between refreshes, the longest random delay, and the time without events. */
const REFRESH_MS = 2_000;
const SPREAD_MS = 150;
const STEADY_MS = 5_000;

/** What the views ask for, in turn. */
const VIEWS = ['/lifeguard/v1/summary', '/lifeguard/v1/pools/states?per_page=100&page=1'];

/**
 * Opens pages of the dashboard as far as the server sees them: each follows the events, and asks again for what its view shows as the
 * page does. Rejects where one cannot follow.
 */
async function openPages(origin: string, count: number): Promise<() => PagesDid> {
  const headers = { cookie: await sessionOf(origin) };
  const refreshes: number[] = Array.from({ length: count }, () => 0);
  let refreshesMs: number[] = [];

  function follow(at: number, body: ReadableStream<Uint8Array>): void {
    const path = VIEWS[at % VIEWS.length]!;
    let refreshedMs = 0;
    let isWaiting = false;
    let tag = '';
    async function refresh() {
      if (isWaiting) return;
      isWaiting = true;
      await sleep(Math.max(0, refreshedMs + REFRESH_MS - performance.now()) + Math.random() * SPREAD_MS);
      isWaiting = false;
      refreshedMs = performance.now();
      const response = await fetch(origin + path, { headers: { ...headers, 'if-none-match': tag } });
      await response.arrayBuffer();
      tag = response.headers.get('etag') ?? '';
      if (!response.ok && response.status !== 304) throw new Error(`${path}: ${response.status}`);
      refreshes[at]! += 1;
      refreshesMs.push(performance.now() - refreshedMs);
    }
    async function steady() {
      for (;;) {
        await sleep(STEADY_MS);
        await refresh();
      }
    }
    async function receive() {
      // What comes without an event keeps the connection alive.
      for await (const chunk of body) if (Buffer.from(chunk).includes('event:')) void refresh();
    }
    void receive();
    void steady();
  }

  for (let at = 0; at < count; at += 1) {
    const { ok, status, body } = await fetch(`${origin}/lifeguard/v1/events/live?every=1s`, { headers });
    if (!ok || body === null) throw new Error(`page ${at + 1} cannot follow events: ${status}`);
    follow(at, body);
  }
  return () => {
    const did = { most: Math.max(0, ...refreshes), refreshesMs };
    refreshes.fill(0);
    refreshesMs = [];
    return did;
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

const [origin = '', count = ''] = process.argv.slice(2);
const did = await openPages(origin, Number(count));
process.on('message', () => process.send!(did()));
process.once('disconnect', () => process.exit());
process.send!('open');
