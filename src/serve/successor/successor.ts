import { connect, type Socket } from 'node:net';
import { createFrames, framed } from '../stream/tcp-frames.ts';

/** A query of a client of this server. */
export interface PassedQuery {
  readonly query: Uint8Array;
  /** One of Transport. */
  readonly transport: number;
  /** The client's address, 4 or 16 octets. */
  readonly client: Uint8Array;
}

/** Called once, with the answer, empty where the query gets none; undefined: the successor is gone. */
export type Answered = (answer: Uint8Array | undefined) => void;

/** The server that has replaced this one. It answers the queries that come on connections which this one still has. */
export interface Successor {
  /** Asks it. The answers come in the order of the queries. */
  ask(query: PassedQuery, answered: Answered): void;
  close(): void;
}

interface Asked {
  readonly octets: Uint8Array;
  readonly answered: Answered;
}

/**
 * Connects to the server that answers at a path. A successor that is itself replaced closes the connection: what it has not answered
 * is asked again at the same path, where the newest server answers. `gone`: called once, where nobody answers there.
 */
export function askSuccessor(path: string, gone: () => void): Successor {
  const asked: Asked[] = [];
  let isOver = false;
  let socket = open();

  function open(): Socket {
    const frames = createFrames();
    let hasAnswered = false;
    const opened = connect(path);
    opened.on('error', () => opened.destroy());
    opened.on('data', (chunk: Buffer) => {
      frames.push(chunk);
      while (frames.next()) {
        const { octets, at, length } = frames;
        hasAnswered = true;
        asked.shift()?.answered(octets.subarray(at, at + length));
      }
    });
    opened.on('close', () => {
      if (isOver) return;
      // One that ends before it has answered anything would do so again.
      if (!hasAnswered) end();
      else {
        socket = open();
        for (const { octets } of asked) socket.write(octets);
      }
    });
    return opened;
  }

  function end(): void {
    isOver = true;
    for (const { answered } of asked.splice(0)) answered(undefined);
    gone();
  }

  return {
    ask(query, answered) {
      if (isOver) {
        answered(undefined);
        return;
      }
      const octets = framesOf(query);
      asked.push({ octets, answered });
      socket.write(octets);
    },
    close() {
      isOver = true;
      socket.destroy();
    },
  };
}

/** Two messages, each with its length before it: the transport and the address of the client, and the query. */
function framesOf({ query, transport, client }: PassedQuery): Uint8Array {
  return Buffer.concat([framed(Uint8Array.of(transport, ...client)), framed(query)]);
}
