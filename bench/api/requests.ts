import { Agent, request } from 'node:http';
import { TOKEN } from '../../test/support/lifeguard.ts';

/** What was asked of the API, and how often. */
export interface Ask {
  readonly title: string;
  /** Path and query below the server's address; `at` counts the times it is asked. */
  readonly path: (at: number) => string;
  /** Whether a write by another way came right before, so that what the server held ready is no longer true. */
  readonly afterWrite?: boolean;
}

/** What came of it. */
export interface Asked {
  /** Milliseconds from before each request to the last octet of its answer. */
  readonly tookMs: readonly number[];
  /** Octets of the last answer. */
  readonly octets: number;
}

/** A connection that is kept, to one server. */
export interface Client {
  /** Resolves with the whole answer, unread as JSON. Throws unless it says 200. */
  send(method: string, path: string, body?: object): Promise<Buffer>;
  close(): void;
}

/** Opens a client of the API at `http://host:port`. */
export function openClient(origin: string): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: (method, path, body) =>
      new Promise((resolve, reject) => {
        const headers = { authorization: `Bearer ${TOKEN}` };
        const sent = request(origin + path, { agent, method, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () => {
            const answer = Buffer.concat(chunks);
            if (response.statusCode === 200) resolve(answer);
            else reject(new Error(`${method} ${path}: ${response.statusCode} ${answer.subarray(0, 500)}`));
          });
        });
        sent.on('error', reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}

/** Asks so many times, one after the other. `write` makes a change and resolves when it is acknowledged. */
export async function timeAsks(
  client: Client,
  ask: Ask,
  times: number,
  write: (at: number) => Promise<unknown>,
): Promise<Asked> {
  const tookMs: number[] = [];
  let octets = 0;
  for (let at = 0; at < times; at += 1) {
    if (ask.afterWrite) await write(at);
    const fromMs = performance.now();
    octets = (await client.send('GET', ask.path(at))).length;
    tookMs.push(performance.now() - fromMs);
  }
  return { tookMs, octets };
}
