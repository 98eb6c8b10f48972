import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { queryPacket } from '../../answer/query-packet.ts';
import { askHttp2, openSession } from '../../serve/encrypted/doh-client.ts';
import { clientOver, connectTo, type StreamClient } from '../../serve/encrypted/stream-client.ts';

/** Clients that ask one question after the other, and what became of their questions. */
export interface Asking {
  readonly asked: Readonly<Record<string, number>>;
  /** Connections that ended before an answer; a client then asks on another. */
  readonly endings: readonly string[];
  /** Questions without an answer, also not on another connection where theirs ended; and answers that are not the expected one. */
  readonly faults: readonly string[];
  stop(): Promise<void>;
}

/** Where each protocol is answered. */
export interface Places {
  readonly dns: number;
  readonly tls: number;
  readonly https: number;
  readonly ca: string;
}

/** Longest wait for an answer, milliseconds: many times what it takes, and less than a client that gives up. */
const SILENCE_MS = 20_000;
/** Connections on which a client asks a question again, where the server closes one before the answer. */
const CONNECTIONS_MAX = 5;
/** Pause of a client after an answer, milliseconds. */
const PAUSE_MS = 5;

const ADDRESS = '127.0.0.1';

/** A way to ask: sends a query and resolves to the answer. Rejects where the connection ended before it. */
interface Way {
  readonly name: string;
  ask(query: Uint8Array): Promise<Uint8Array>;
  close(): void;
}

/** Asks for the A records of a name by every protocol at once, until stopped. `rdata`: the four octets that every answer must end in. */
export function startAsking(name: string, rdata: readonly number[], places: Places): Asking {
  const asked: Record<string, number> = {};
  const endings: string[] = [];
  const faults: string[] = [];
  let isOver = false;

  async function go(way: Way, id: number): Promise<void> {
    const answer = await Promise.race([
      way.ask(queryPacket({ name, id })),
      sleep(SILENCE_MS, undefined, { ref: false }),
    ]);
    asked[way.name] = (asked[way.name] ?? 0) + 1;
    if (answer === undefined) faults.push(`${way.name}: no answer`);
    else if (!isExpected(answer, id)) faults.push(`${way.name}: ${Buffer.from(answer).toString('hex')}`);
  }

  function isExpected(answer: Uint8Array, id: number): boolean {
    const [high, low, , rcode] = answer;
    return ((high! << 8) | low!) === id && (rcode! & 15) === 0 && answer.slice(-4).join() === rdata.join();
  }

  /** Asks on one connection after the other. A question whose connection ended before its answer is asked on another (RFC 7766 §6.2.4). */
  async function run(open: () => Promise<Way>): Promise<void> {
    let way: Way | undefined;
    for (let id = 1; !isOver; id = (id % 0xffff) + 1) {
      for (let left = CONNECTIONS_MAX; left > 0; left -= 1)
        try {
          way ??= await open();
          await go(way, id);
          break;
        } catch (error) {
          endings.push(`${way?.name}: ${(error as Error).message}`);
          way?.close();
          way = undefined;
          if (left === 1) faults.push(`${(error as Error).message}, ${CONNECTIONS_MAX} times`);
        }
      await sleep(PAUSE_MS);
    }
    way?.close();
  }

  const running = [
    overUdp(places.dns),
    overTcp(places.dns),
    overNewTcp(places.dns),
    overTls(places.tls, places.ca),
    overHttps(places.https, places.ca),
  ].map(run);
  return {
    asked,
    endings,
    faults,
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };
}

const overUdp = (port: number) => async (): Promise<Way> => {
  const socket = createSocket('udp4');
  return {
    name: 'UDP',
    async ask(query) {
      socket.send(query, port, ADDRESS);
      const [answer] = (await once(socket, 'message')) as [Buffer];
      return answer;
    },
    close: () => socket.close(),
  };
};

function overStream(name: string, { ask, socket }: StreamClient): Way {
  return { name, ask, close: () => socket.destroy() };
}

/** One connection as long as it lasts. */
const overTcp = (port: number) => async () => overStream('TCP', await connectTo({ address: ADDRESS, port }));

/** A connection for each question. */
const overNewTcp = (port: number) => async (): Promise<Way> => ({
  name: 'new TCP',
  async ask(query) {
    const client = await connectTo({ address: ADDRESS, port });
    const answer = await client.ask(query);
    client.socket.destroy();
    return answer;
  },
  close: () => undefined,
});

const overTls = (port: number, ca: string) => async () => {
  const socket = connectTls({ host: ADDRESS, port, ca });
  const client = clientOver(socket);
  await once(socket, 'secureConnect');
  return overStream('TLS', client);
};

const overHttps = (port: number, ca: string) => async (): Promise<Way> => {
  const open = () => {
    const session = openSession({ address: ADDRESS, port, ca });
    // A session that ends may leave a request without an answer and without an error.
    const ended = once(session, 'close').then(() => Promise.reject(new Error('the session is closed')));
    ended.catch(() => undefined);
    return { session, ended };
  };
  let { session, ended } = open();
  return {
    name: 'HTTPS',
    async ask(query) {
      // A client opens another session once the server says that it ends this one (RFC 9113 §6.8).
      if (session.closed || session.destroyed) ({ session, ended } = open());
      const headers = { 'content-type': 'application/dns-message' };
      const asked = askHttp2(session, { method: 'POST', path: '/dns-query', headers, body: query });
      const { status, body } = await Promise.race([asked, ended]);
      if (status !== 200) throw new Error(`status ${status}`);
      return body;
    },
    close: () => session.close(),
  };
};
