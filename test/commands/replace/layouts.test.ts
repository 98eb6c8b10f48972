/**
 * The two sides of a replacement as each layout was recorded: a server of the version before stays replaceable, and one of a layout
 * that is not known is refused in words. What a version has said must not change here.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lockDataDir } from '../../../src/commands/precondition/data-dir-lock.ts';
import { type Given, offerReplacement } from '../../../src/commands/replace/give.ts';
import { type MeetingPlace, openMeetingPlace } from '../../../src/commands/replace/place.ts';
import { askToReplace } from '../../../src/commands/replace/take.ts';
import { loadConfig } from '../../../src/config/source/load.ts';
import { openFdReceiver, sendFds } from '../../../src/serve/inherited/passed-fds.ts';
import { openLibc } from '../../../src/serve/udp/socket/libc.ts';
import { type BoundSocket, openSocket } from '../../../src/serve/udp/socket/socket.ts';
import { createLogger } from '../../../src/telemetry/log.ts';

const libc = openLibc();
const log = createLogger({ level: 'silent', format: 'json' });
const SECRET = '00112233445566778899aabbccddeeff';
/** Ports of the API, of TLS and of HTTPS, where nobody listens here. */
const OTHERS = { tls: [], https: [], api: { address: '127.0.0.1', port: 8053 } };

let directory: string;
let place: MeetingPlace;
let udp: BoundSocket;
const stops: (() => void)[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-layouts-'));
  place = openMeetingPlace(directory);
  udp = openSocket(libc, { address: '127.0.0.1', port: 0 });
});
afterEach(() => {
  for (const stop of stops.splice(0).reverse()) stop();
  libc.close(udp.fd);
  place.close();
  rmSync(directory, { recursive: true });
});

const listening = () => ({ dns: [{ address: '127.0.0.1', port: udp.port }], ...OTHERS });

/** The other end of a conversation, a line at a time, without any of the code that is tested. */
function linesOf(socket: Socket) {
  const lines: string[] = [];
  let partial = '';
  let wake = () => {};
  socket.setEncoding('utf8').on('data', (text: string) => {
    const whole = (partial + text).split('\n');
    partial = whole.pop()!;
    lines.push(...whole);
    wake();
  });
  socket.on('error', () => undefined);
  return {
    say: (line: object) => socket.write(`${JSON.stringify(line)}\n`),
    async next(): Promise<Record<string, unknown>> {
      while (lines.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return JSON.parse(lines.shift()!) as Record<string, unknown>;
    },
  };
}

describe('a new server of this version', () => {
  const config = () => {
    const loaded = loadConfig({
      env: {
        LIFEGUARD_DATA_DIR: directory,
        LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
        LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      },
    });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    return loaded.config;
  };

  /** Plays a running server that gives by layout 1; `welcome`: what its welcome has otherwise. */
  async function playOld(welcome: object = {}) {
    // Until it is released, or the test ends.
    const locks = [lockDataDir(directory)];
    const unlock = () => locks.pop()?.();
    stops.push(unlock);
    const heard: Record<string, unknown>[] = [];
    const server = createServer((socket) => {
      void (async () => {
        const { say, next } = linesOf(socket);
        const hear = async () => {
          const message = await next();
          heard.push(message);
          return message;
        };
        const { receiver } = await hear();
        sendFds(libc, place.path(String(receiver)), [udp.fd]);
        say({ kind: 'passed', count: 1 });
        await hear();
        say({
          kind: 'welcome',
          layout: 1,
          version: '0.1.1',
          pid: 4711,
          listening: listening(),
          cookieSecrets: [SECRET],
          ...welcome,
        });
        await hear();
        unlock();
        say({ kind: 'released' });
        await hear();
        say({ kind: 'yours' });
      })();
    });
    server.listen(place.path('server'));
    stops.push(() => server.close());
    await once(server, 'listening');
    return heard;
  }

  test('replaces one that gives by layout 1', async () => {
    const heard = await playOld();
    const takeover = await askToReplace(config(), '0.2.0', log);
    expect(takeover?.config.dns.listen).toEqual(listening().dns);
    expect(takeover?.config.api.listen).toEqual(OTHERS.api);
    const { inherited } = takeover!;
    expect(inherited.cookieSecrets.map((each) => Buffer.from(each).toString('hex'))).toEqual([SECRET]);
    const sockets = inherited.take('UDP', { address: '127.0.0.1', port: udp.port });
    expect(sockets).toHaveLength(1);
    stops.push(() => libc.close(sockets[0]!.fd), await takeover!.take());
    await takeover!.answering();
    const hello = { kind: 'hello', layout: 1, version: '0.2.0', pid: process.pid };
    expect(heard).toEqual([
      { ...hello, receiver: `receiver-${process.pid}` },
      { kind: 'received' },
      { kind: 'take' },
      // A server of layout 1 that does not know `succeeds` ignores it, and closes its connections.
      { kind: 'answering', succeeds: true },
    ]);
    takeover!.place.close();
  });

  test.each([0, 2])('refuses one that gives by layout %i', async (layout) => {
    await playOld({ layout });
    await expect(askToReplace(config(), '0.2.0', log)).rejects.toThrow(
      `Cannot replace the running server: it hands over by layout ${layout}, which this version does not know.`,
    );
  });
});

describe('a running server of this version', () => {
  function offer() {
    const given = {
      listening: listening(),
      cookieSecrets: [Buffer.from(SECRET, 'hex')],
      release: vi.fn(async () => undefined),
      resume: vi.fn(async () => undefined),
      leave: vi.fn(),
    } satisfies Given;
    const offered = offerReplacement({ given, place, libc, version: '0.2.0', log });
    stops.push(() => offered.stop());
    return given;
  }

  /** Plays a new server that takes by a layout. */
  function playNew(layout: number) {
    const socket = connect(place.path('server'));
    stops.push(() => socket.destroy());
    place.remove('receiver-4712');
    const receiver = openFdReceiver(libc, place.path('receiver-4712'));
    stops.push(() => receiver.close());
    const lines = linesOf(socket);
    lines.say({ kind: 'hello', layout, version: '0.1.1', pid: 4712, receiver: 'receiver-4712' });
    return { ...lines, receiver };
  }

  const ANSWERINGS = [
    { of: 'which only says that it answers', answering: {}, successor: undefined },
    {
      of: 'which answers for the connections of the old one',
      answering: { succeeds: true },
      successor: 'answers',
    },
    // As of a later layout: it is told the one that is spoken, and has to know it.
    { of: 'which says what is not known yet', answering: { other: [1] }, successor: undefined, layout: 2 },
  ];
  test.each(ANSWERINGS)('hands over to a new one $of', async ({ answering, successor, layout = 1 }) => {
    const given = offer();
    const { say, next, receiver } = playNew(layout);
    expect(await next()).toEqual({ kind: 'passed', count: 1 });
    const fds = receiver.receive()!;
    expect(fds).toHaveLength(1);
    stops.push(() => libc.close(fds[0]!));
    say({ kind: 'received' });
    expect(await next()).toEqual({
      kind: 'welcome',
      layout: 1,
      version: '0.2.0',
      pid: process.pid,
      listening: listening(),
      cookieSecrets: [SECRET],
    });
    expect(given.release).not.toHaveBeenCalled();
    say({ kind: 'take' });
    expect(await next()).toEqual({ kind: 'released' });
    expect(given.release).toHaveBeenCalledOnce();
    say({ kind: 'answering', ...answering });
    expect(await next()).toEqual({ kind: 'yours' });
    expect(given.leave).toHaveBeenCalledExactlyOnceWith(4712, successor && place.path(successor));
    expect(given.resume).not.toHaveBeenCalled();
  });

  test('refuses a new one of a layout before its own, and waits for another', async () => {
    const given = offer();
    expect(await playNew(0).next()).toEqual({
      kind: 'refused',
      why: 'it understands layouts 1 to 1, not 0',
    });
    stops.pop()!();
    expect(await playNew(1).next()).toEqual({ kind: 'passed', count: 1 });
    expect(given.release).not.toHaveBeenCalled();
  });
});
