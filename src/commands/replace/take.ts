import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../../config/config.ts';
import { type Inheritance, inheritedSockets } from '../../serve/inherited/inherited-sockets.ts';
import { describeSocket, type OpenSocket } from '../../serve/inherited/open-sockets.ts';
import { openFdReceiver } from '../../serve/inherited/passed-fds.ts';
import { hasBatchedCalls, type Libc, openLibc } from '../../serve/udp/socket/libc.ts';
import type { Logger } from '../../telemetry/log.ts';
import { OperatorError } from '../exit.ts';
import { DataDirInUse, lockDataDir } from '../precondition/data-dir-lock.ts';
import { withPorts } from './listening.ts';
import { LAYOUT, LAYOUT_MIN, type Message } from './messages.ts';
import { ANSWERS_NAME, type MeetingPlace, openMeetingPlace, SERVER_NAME } from './place.ts';
import { converse, type Talk } from './talk.ts';

/** Time limits for the running server, milliseconds: for a short answer, and for letting go of the data directory. */
const ANSWER_MS = 10_000;
const RELEASE_MS = 60_000;
/** The lock of a server that was killed may last a moment longer than its connection. */
const LOCK_WAIT_MS = 10_000;
const LOCK_LOOK_MS = 20;
/** Each look locks the directory for a moment where it is free, so there are few. */
const REACH_LOOK_MS = 200;

/** The replacement of a running server by this one. */
export interface Takeover {
  /** The configuration, with the ports that the running server chose where 0 is configured. */
  readonly config: Config;
  readonly inherited: Inheritance;
  /** The directory where both meet. */
  readonly place: MeetingPlace;
  /** Takes the data directory, and returns the function that unlocks it. Until then the other goes on. Rejects with OperatorError. */
  take(): Promise<() => void>;
  /** Says that this server answers, so that the other ends. Rejects with OperatorError where the other works again because this one was too slow. */
  answering(): Promise<void>;
}

/**
 * Asks the running server of a data directory to be replaced, and receives its sockets. Resolves to undefined where none waits for
 * that. Rejects with OperatorError where it cannot be replaced by this one; it goes on then.
 */
export async function askToReplace(
  config: Config,
  version: string,
  log: Logger,
): Promise<Takeover | undefined> {
  if (config.dns.engine === 'portable' || !hasBatchedCalls())
    throw new OperatorError(
      'A running server can be replaced only with the batched engine, which needs Linux on x64 or arm64, and koffi. Restart the server instead.',
    );
  let place: MeetingPlace;
  try {
    place = openMeetingPlace(config.dataDir);
  } catch (error) {
    throw new OperatorError(`Cannot replace the server: ${(error as Error).message}.`);
  }
  const socket = await reachWithin(config.dataDir, place, LOCK_WAIT_MS);
  if (socket === undefined) {
    place.close();
    return undefined;
  }
  return greet(converse(socket), { config, version, place, libc: openLibc(), log });
}

/**
 * Connects to the running server; undefined: none uses the data directory. One that starts, or is just being replaced, is waited for.
 * Rejects with OperatorError where it still does not wait for another.
 */
async function reachWithin(
  dataDir: string,
  place: MeetingPlace,
  withinMs: number,
): Promise<Socket | undefined> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const socket = await reach(place.path(SERVER_NAME));
    if (socket !== undefined) return socket;
    try {
      lockDataDir(dataDir)();
      return undefined;
    } catch (error) {
      // Whatever else is wrong with the directory, the start says.
      if (!(error instanceof DataDirInUse)) return undefined;
      if (performance.now() >= endMs)
        throw refusal(
          'it does not wait to be replaced. It uses the portable engine, it is of version 0.1.0 or older, or it starts or stops. Restart it instead',
        );
      await sleep(REACH_LOOK_MS);
    }
  }
}

/** Connects to the running server; undefined: none listens. */
function reach(path: string): Promise<Socket | undefined> {
  const { promise, resolve } = Promise.withResolvers<Socket | undefined>();
  const socket = connect(path);
  socket.once('connect', () => resolve(socket));
  socket.once('error', () => resolve(undefined));
  return promise;
}

interface Greeting {
  readonly config: Config;
  readonly version: string;
  readonly place: MeetingPlace;
  readonly libc: Libc;
  readonly log: Logger;
}

async function greet(talk: Talk, { config, version, place, libc, log }: Greeting): Promise<Takeover> {
  const receiver = `receiver-${process.pid}`;
  place.remove(receiver);
  const opened = openFdReceiver(libc, place.path(receiver));
  const sockets: OpenSocket[] = [];
  try {
    talk.send({ kind: 'hello', layout: LAYOUT, version, pid: process.pid, receiver });
    let said = await answer(talk, ANSWER_MS);
    while (said.kind === 'passed') {
      const fds = opened.receive() ?? [];
      for (const fd of fds) {
        const described = describeSocket(libc, fd);
        if (described === undefined) libc.close(fd);
        else sockets.push(described);
      }
      if (fds.length !== said.count) throw refusal(`it passed ${said.count} sockets, and ${fds.length} came`);
      talk.send({ kind: 'received' });
      said = await answer(talk, ANSWER_MS);
    }
    if (said.kind !== 'welcome') throw refusal(`it said "${said.kind}" where it had to say "welcome"`);
    if (said.layout < LAYOUT_MIN || said.layout > LAYOUT)
      throw refusal(`it hands over by layout ${said.layout}, which this version does not know`);
    log.info(
      { process: said.pid, version: said.version, sockets: sockets.length },
      'Replacing the running server, which goes on until this one answers.',
    );
    return takeoverOf(
      talk,
      {
        config: withPorts(config, said.listening),
        inherited: {
          ...inheritedSockets(sockets, libc.close),
          cookieSecrets: said.cookieSecrets.map((secret) => Uint8Array.from(Buffer.from(secret, 'hex'))),
          predecessorsAt: place.path(ANSWERS_NAME),
        },
        place,
      },
      log,
    );
  } finally {
    opened.close();
    place.remove(receiver);
  }
}

function takeoverOf(
  talk: Talk,
  parts: Pick<Takeover, 'config' | 'inherited' | 'place'>,
  log: Logger,
): Takeover {
  return {
    ...parts,
    async take() {
      talk.send({ kind: 'take' });
      const said = await talk.next(RELEASE_MS);
      if (said?.kind === 'refused') throw refusal(said.why);
      if (said === undefined && !talk.isOver)
        throw refusal('it did not let go of the data directory in time');
      if (said === undefined) log.warn({}, 'The running server ended by itself. This one takes over.');
      return lockWithin(parts.config.dataDir, LOCK_WAIT_MS);
    },
    async answering() {
      talk.send({ kind: 'answering', succeeds: true });
      const said = await talk.next(ANSWER_MS);
      if (said?.kind === 'refused') throw refusal(said.why);
    },
  };
}

/** Locks the data directory as soon as it is free. Rejects with OperatorError. */
async function lockWithin(dataDir: string, withinMs: number): Promise<() => void> {
  const endMs = performance.now() + withinMs;
  for (;;)
    try {
      return lockDataDir(dataDir);
    } catch (error) {
      if (performance.now() >= endMs) throw error;
      await sleep(LOCK_LOOK_MS);
    }
}

/** Returns what the running server says. Rejects with OperatorError where it refuses, or says nothing. */
async function answer(talk: Talk, withinMs: number): Promise<Message> {
  const said = await talk.next(withinMs);
  if (said === undefined) throw refusal(talk.isOver ? 'it ended' : 'it does not answer');
  if (said.kind === 'refused') throw refusal(said.why);
  return said;
}

function refusal(why: string): OperatorError {
  return new OperatorError(`Cannot replace the running server: ${why}.`);
}
