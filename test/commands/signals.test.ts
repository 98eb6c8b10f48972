import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SAME_SIGNAL_MS, STOP_MAX_MS } from '../../src/commands/signals.ts';
import { PROGRAM } from '../support/lifeguard.ts';

/** Longest wait for a process to say something, milliseconds. */
const WAIT_MS = 60_000;
const KINDS = [
  { kind: 'serve', runs: '"listening"' },
  { kind: 'monitor', runs: '"probing"' },
  { kind: 'all', runs: '"listening"' },
  { kind: 'demo', runs: 'Ctrl-C ends the demo' },
] as const;

let directory: string;
let child: ChildProcess | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-signals-'));
});

afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a process and collects all that it says. */
function begin(kind: string, nodeOptions: readonly string[] = []) {
  const started = spawn(process.execPath, [...nodeOptions, PROGRAM, kind], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      ...(kind === 'monitor' ? { LIFEGUARD_REDIS_URL: 'redis://127.0.0.1:1' } : {}),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child = started;
  let said = '';
  for (const stream of [started.stdout, started.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  const exited = once(started, 'close');
  return {
    pid: started.pid!,
    said: () => said,
    says: (text: string) =>
      vi.waitFor(() => expect(said).toContain(text), { timeout: WAIT_MS, interval: 10 }),
    send: (signal: NodeJS.Signals) => started.kill(signal),
    ended: async () => (await exited) as [number | null, NodeJS.Signals | null],
  };
}

/** Ports of IPv4 at which a process accepts connections (proc_net(5): state 0A is LISTEN). */
function listening(pid: number): number[] {
  const sockets = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? [];
    } catch {
      return [];
    }
  });
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1);
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A' && sockets.includes(fields[9]!))
    .map((fields) => Number.parseInt(fields[1]!.split(':')[1]!, 16));
}

test.each(KINDS)(
  '$kind: HUP reloads, USR2 and USR1 are logged and ignored, no debugger opens, and TERM stops it and is logged',
  async ({ kind, runs }) => {
    const lifeguard = begin(kind);
    await lifeguard.says(runs);
    const before = listening(lifeguard.pid);
    lifeguard.send('SIGHUP');
    // The demo prints what it does, and no log.
    if (kind !== 'demo') await lifeguard.says('Reloaded the configuration');
    for (const signal of ['SIGUSR2', 'SIGUSR1'] as const) {
      lifeguard.send(signal);
      await lifeguard.says(`Lifeguard ignores ${signal}.`);
    }
    expect(listening(lifeguard.pid)).toEqual(before);
    lifeguard.send('SIGTERM');
    expect(await lifeguard.ended()).toEqual([0, null]);
    expect(lifeguard.said()).toContain('Lifeguard stops: it received SIGTERM.');
    expect(lifeguard.said()).toContain('Lifeguard has stopped.');
    expect(lifeguard.said()).not.toMatch(/debugger/i);
  },
);

test('QUIT, which ended a process at once and without a word, stops it in order', async () => {
  const lifeguard = begin('serve');
  await lifeguard.says('"listening"');
  lifeguard.send('SIGQUIT');
  expect(await lifeguard.ended()).toEqual([0, null]);
  expect(lifeguard.said()).toContain('Lifeguard stops: it received SIGQUIT.');
  expect(lifeguard.said()).toContain('Lifeguard has stopped.');
});

test('ALRM, VTALRM, PROF, IO, STKFLT and XFSZ, which ended a process at once and without a word, are logged and ignored', async () => {
  const lifeguard = begin('serve');
  await lifeguard.says('"listening"');
  for (const signal of ['SIGALRM', 'SIGVTALRM', 'SIGPROF', 'SIGIO', 'SIGSTKFLT', 'SIGXFSZ'] as const) {
    lifeguard.send(signal);
    await lifeguard.says(`Lifeguard ignores ${signal}.`);
  }
  lifeguard.send('SIGPWR');
  expect(await lifeguard.ended()).toEqual([0, null]);
  expect(lifeguard.said()).toContain('Lifeguard stops: it received SIGPWR.');
});

test('a signal that is sent again and again fills no log', async () => {
  const lifeguard = begin('serve');
  await lifeguard.says('"listening"');
  for (let i = 0; i < 20; i += 1) {
    lifeguard.send('SIGUSR1');
    await sleep(5);
  }
  lifeguard.send('SIGUSR2');
  await lifeguard.says('Lifeguard ignores SIGUSR2.');
  expect(lifeguard.said().match(/ignores SIGUSR1/g)).toHaveLength(1);
});

test('TERM, INT, HUP and USR1 are handled even before the program is read', async () => {
  // Says when the first lines have run, and waits there.
  const slow = `data:text/javascript,${encodeURIComponent(
    `import { registerHooks } from 'node:module';
     registerHooks({ load(url, context, next) {
       if (url.endsWith('/src/main.ts')) { process.stderr.write('reading'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); }
       return next(url, context);
     } });`,
  )}`;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
    const lifeguard = begin('serve', ['--import', slow]);
    await lifeguard.says('reading');
    for (const ignored of ['SIGHUP', 'SIGUSR2', 'SIGUSR1'] as const) lifeguard.send(ignored);
    await sleep(20);
    lifeguard.send(signal);
    expect(await lifeguard.ended()).toEqual([0, null]);
    expect(lifeguard.said()).toContain(signal);
    expect(lifeguard.said()).not.toMatch(/debugger/i);
  }
});

test('a debugger that USR1 opened before our first line is closed', async () => {
  const early = `data:text/javascript,${encodeURIComponent(
    `process.kill(process.pid, 'SIGUSR1');
     const { url } = await import('node:inspector');
     while (url() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
     process.stderr.write('opened');`,
  )}`;
  const lifeguard = begin('serve', ['--import', early, '--inspect-port=0']);
  await lifeguard.says('"listening"');
  expect(lifeguard.said()).toContain('opened');
  // DNS and the API.
  expect(listening(lifeguard.pid)).toHaveLength(2);
});

test('a debugger that USR1 opens in the first turn of the event loop is closed before a token is created', async () => {
  // The signal comes before the first turn, and no turn of the event loop passes until our first line.
  const early = `data:text/javascript,${encodeURIComponent(
    `import { url } from 'node:inspector';
     process.kill(process.pid, 'SIGUSR1');
     while (url() === undefined) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);`,
  )}`;
  const lifeguard = begin('serve', ['--import', early, '--inspect-port=0']);
  await lifeguard.says('"listening"');
  const [before, after] = lifeguard.said().split('Created an API token');
  expect(before).toContain('Debugger listening');
  expect(after).not.toContain('Debugger listening');
  expect(listening(lifeguard.pid)).toHaveLength(2);
});

test('Ctrl-C at any moment of the start of the demo ends it with 0, without an error', async () => {
  for (const moment of ['Created an API token', 'Lifeguard answers DNS']) {
    const demo = begin('demo');
    await demo.says(moment);
    demo.send('SIGINT');
    // As npm does, which passes on what the terminal sent to all.
    demo.send('SIGINT');
    expect(await demo.ended()).toEqual([0, null]);
    expect(demo.said()).toContain('Lifeguard stops: it received SIGINT.');
    expect(demo.said()).not.toContain('fetch failed');
  }
});

test('a second signal some time after the first ends the process at once', async () => {
  // It never comes to stop by itself: a stop that waits for ever. Nor does it end for that, however late the second signal comes.
  const hung = begin('serve', [
    '--import',
    `data:text/javascript,${encodeURIComponent(`import { Worker } from 'node:worker_threads';
      Worker.prototype.postMessage = () => undefined; Atomics.store = () => 0;
      const { setTimeout } = globalThis;
      globalThis.setTimeout = (call, ms, ...all) => setTimeout(call, ms === ${STOP_MAX_MS} ? 1e9 : ms, ...all);`)}`,
  ]);
  await hung.says('"listening"');
  hung.send('SIGTERM');
  await hung.says('it received SIGTERM');
  await sleep(SAME_SIGNAL_MS + 50);
  hung.send('SIGTERM');
  expect(await hung.ended()).toEqual([1, null]);
  expect(hung.said()).toContain('a second signal, SIGTERM');
});

test('an unhandled error is logged as the reason of the exit', async () => {
  const broken = `data:text/javascript,${encodeURIComponent(
    `setInterval(() => { if (process.listenerCount('uncaughtException') > 0) throw new Error('a fault of ours'); }, 10)`,
  )}`;
  const lifeguard = begin('serve', ['--import', broken]);
  expect(await lifeguard.ended()).toEqual([1, null]);
  const line = lifeguard
    .said()
    .split('\n')
    .find((each) => each.includes('an error was not handled'));
  expect(JSON.parse(line!)).toMatchObject({ level: 'fatal', err: { message: 'a fault of ours' } });
});
