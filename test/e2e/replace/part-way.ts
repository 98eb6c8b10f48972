/**
 * Plays a server that replaces the one of a data directory, up to a step, says the name of the step, and waits to be killed:
 * `node part-way.ts DATA_DIR STEP`.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import process from 'node:process';
import { lockDataDir } from '../../../src/commands/precondition/data-dir-lock.ts';
import { LAYOUT } from '../../../src/commands/replace/messages.ts';
import { openMeetingPlace, SERVER_NAME } from '../../../src/commands/replace/place.ts';
import { converse, type Talk } from '../../../src/commands/replace/talk.ts';
import { openFdReceiver } from '../../../src/serve/inherited/passed-fds.ts';
import { openLibc } from '../../../src/serve/udp/socket/libc.ts';

/** What it has done last, in the order of a replacement. */
export const STEPS = [
  'connected',
  'greeted',
  'received the sockets',
  'was welcomed',
  'asked for the data directory',
  'heard that it is released',
  'locked the data directory',
  'began to say that it answers',
] as const;

const WAIT_MS = 60_000;

async function play(dataDir: string, last: string): Promise<void> {
  const place = openMeetingPlace(dataDir);
  const socket = connect(place.path(SERVER_NAME));
  await once(socket, 'connect');
  const talk = converse(socket);
  const receiver = `receiver-${process.pid}`;
  const sockets = openFdReceiver(openLibc(), place.path(receiver));
  const steps: Readonly<Record<(typeof STEPS)[number], () => unknown>> = {
    connected: () => undefined,
    greeted: () => talk.send({ kind: 'hello', layout: LAYOUT, version: '0', pid: process.pid, receiver }),
    'received the sockets': () => expectNext(talk, 'passed').then(() => sockets.receive()),
    'was welcomed': async () => {
      talk.send({ kind: 'received' });
      await expectNext(talk, 'welcome');
    },
    'asked for the data directory': () => talk.send({ kind: 'take' }),
    'heard that it is released': () => expectNext(talk, 'released'),
    'locked the data directory': () => lockDataDir(dataDir),
    'began to say that it answers': () => socket.write('{"kind":"answe'),
  };
  for (const step of STEPS) {
    await steps[step]();
    if (step === last) break;
  }
  process.stdout.write(`${last}\n`);
  setInterval(() => undefined, WAIT_MS);
}

async function expectNext(talk: Talk, kind: string): Promise<void> {
  const said = await talk.next(WAIT_MS);
  if (said?.kind !== kind) throw new Error(`it says ${JSON.stringify(said)}, not ${kind}`);
}

const [, file, dataDir, step] = process.argv;
if (file === import.meta.filename) await play(dataDir!, step!);
