import { createServer, type Server, type Socket } from 'node:net';
import { type OpenSocket, openSockets } from '../../serve/inherited/open-sockets.ts';
import { FDS_MAX, sendFds } from '../../serve/inherited/passed-fds.ts';
import { isAt } from '../../serve/listen/is-at.ts';
import { errno, errorName, F_DUPFD_CLOEXEC, type Libc } from '../../serve/udp/socket/libc.ts';
import type { Logger } from '../../telemetry/log.ts';
import { LAYOUT, LAYOUT_MIN, type Listening } from './messages.ts';
import { ANSWERS_NAME, type MeetingPlace, SERVER_NAME } from './place.ts';
import { converse, type Talk } from './talk.ts';

/** Time limits for the other server, milliseconds: for a short answer, for reading all that it needs, and for its start with the data directory. */
export const ANSWER_MS = 10_000;
export const PREPARE_MS = 300_000;
export const TAKE_MS = 120_000;

/** What the log says of a new server with which nothing came of the replacement. */
const BEFORE_IT_TOOK = 'The new server ended, or was too slow, before it took over. This one goes on.';

/** The running server, for the one that replaces it. */
export interface Given {
  readonly listening: Listening;
  readonly cookieSecrets: readonly Uint8Array[];
  /** Stops all but the answers, which stay as they are, and lets go of the data directory. */
  release(): Promise<void>;
  /** Works again, after the other could not take over. `sockets`: file descriptors of its own. Never rejects. */
  resume(sockets: () => OpenSocket[], place: MeetingPlace): Promise<void>;
  /** Ends this server, which the process `pid` has replaced. `successor`: the path at which that answers what comes on connections of this one. */
  leave(pid: number, successor?: string): void;
}

/** What offerReplacement needs. */
export interface OfferOptions {
  readonly given: Given;
  readonly place: MeetingPlace;
  readonly libc: Libc;
  readonly version: string;
  readonly log: Logger;
}

/** The waiting of a server for one that replaces it. */
export interface Offer {
  stop(): void;
}

/** Waits for a server that replaces this one, and hands everything over to it. Throws where it cannot listen. */
export function offerReplacement(options: OfferOptions): Offer {
  const { place, log } = options;
  let server: Server;
  let isBusy = false;
  let isStopped = false;

  function listen(): void {
    // A server that was killed left its sockets. The lock of the data directory tells that it is gone.
    place.tidy();
    server = createServer(meet).on('error', (err) =>
      log.error({ err }, 'Cannot wait for a server that replaces this one. Restart Lifeguard instead.'),
    );
    server.listen(place.path(SERVER_NAME));
    server.unref();
  }

  function meet(socket: Socket): void {
    const talk = converse(socket);
    if (isBusy) {
      talk.send({ kind: 'refused', why: 'another server is replacing it already' });
      talk.close();
      return;
    }
    isBusy = true;
    void hand(talk, { ...options, left: () => server.close(), back: listen })
      .catch((err: unknown) => {
        log.error({ err }, 'A server could not replace this one, which goes on.');
        talk.send({ kind: 'refused', why: (err as Error).message });
      })
      .finally(() => {
        isBusy = false;
        talk.close();
      });
  }

  listen();
  return {
    stop() {
      if (!isStopped) server.close();
      isStopped = true;
    },
  };
}

/** Hands everything over in one conversation. `left` and `back`: called when the meeting place is free for the other, and when it is this server's again. */
async function hand(
  talk: Talk,
  { given, place, libc, version, log, left, back }: OfferOptions & { left(): void; back(): void },
): Promise<void> {
  const refuse = (why: string) => talk.send({ kind: 'refused', why });
  const hello = await talk.next(ANSWER_MS);
  if (hello?.kind !== 'hello') {
    log.warn({}, BEFORE_IT_TOOK);
    return refuse('it expected a greeting');
  }
  const other = { process: hello.pid, version: hello.version };
  if (hello.layout < LAYOUT_MIN) {
    const why = `it understands layouts ${LAYOUT_MIN} to ${LAYOUT}, not ${hello.layout}`;
    log.warn({ ...other, why }, 'A new server cannot replace this one, which goes on.');
    return refuse(why);
  }
  const spare = spareSockets(libc, given.listening);
  try {
    if (!(await pass(talk, libc, place.path(hello.receiver), spare))) {
      log.warn(other, BEFORE_IT_TOOK);
      return refuse('the new server did not receive the sockets');
    }
    talk.send({
      kind: 'welcome',
      layout: LAYOUT,
      version,
      pid: process.pid,
      listening: given.listening,
      cookieSecrets: given.cookieSecrets.map((secret) => Buffer.from(secret).toString('hex')),
    });
    log.info(other, 'A new server prepares to replace this one, which goes on until then.');
    if ((await talk.next(PREPARE_MS))?.kind !== 'take') {
      log.warn(other, BEFORE_IT_TOOK);
      return refuse('the new server took too long');
    }
    await given.release();
    left();
    talk.send({ kind: 'released' });
    const answering = await talk.next(TAKE_MS);
    if (answering?.kind !== 'answering') {
      log.error(other, 'The new server ended, or was too slow, when it took over. This one works again.');
      refuse('the new server took too long');
      await given.resume(() => copies(libc, spare), place);
      back();
      return;
    }
    talk.send({ kind: 'yours' });
    given.leave(hello.pid, answering.succeeds ? place.path(ANSWERS_NAME) : undefined);
  } finally {
    for (const { fd } of spare) libc.close(fd);
  }
}

/** Passes sockets, FDS_MAX at a time, since the kernel keeps few messages. Resolves to false where the other does not receive them. */
async function pass(talk: Talk, libc: Libc, to: string, sockets: readonly OpenSocket[]): Promise<boolean> {
  for (let at = 0; at < sockets.length; at += FDS_MAX) {
    const fds = sockets.slice(at, at + FDS_MAX).map(({ fd }) => fd);
    sendFds(libc, to, fds);
    talk.send({ kind: 'passed', count: fds.length });
    if ((await talk.next(ANSWER_MS))?.kind !== 'received') return false;
  }
  return true;
}

/** Copies the listening sockets of this process: they stay open, and keep what waits in them, while both servers stop and start. */
function spareSockets(libc: Libc, { dns, tls, https, api }: Listening): OpenSocket[] {
  const streams = [...dns, ...tls, ...https, api];
  return copies(
    libc,
    openSockets(libc).filter((each) =>
      (each.protocol === 'UDP' ? dns : streams).some((listening) => isAt(listening, each)),
    ),
  );
}

function copies(libc: Libc, sockets: readonly OpenSocket[]): OpenSocket[] {
  const made: OpenSocket[] = [];
  for (const each of sockets) {
    const fd = libc.fcntl(each.fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) {
      const why = errorName(errno());
      for (const { fd: copy } of made) libc.close(copy);
      throw new Error(`cannot copy a socket: ${why}`);
    }
    made.push({ ...each, fd });
  }
  return made;
}
