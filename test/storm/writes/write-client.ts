import { Agent, request } from 'node:http';
import { TOKEN } from '../../support/lifeguard.ts';

/** What the API said. */
export interface Said {
  readonly status: number;
  readonly code: number | undefined;
  readonly revision: number | undefined;
  readonly etag: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a result of any shape
  readonly result: any;
}

/** Returns the path of the records of a zone. `client` has the origin of the API as its base. */
export async function recordsPathOf(client: WriteClient, zoneName: string): Promise<string> {
  const { result } = await client.send('GET', `/client/v4/zones?name=${zoneName}`);
  return `/client/v4/zones/${result[0].id}/dns_records`;
}

/** One connection to the API, kept. */
export interface WriteClient {
  send(method: string, path: string, body?: object, ifMatch?: string): Promise<Said>;
  close(): void;
}

/** Opens a client of the load-balancing API that begins at `base`. */
export function openWriteClient(base: string): WriteClient {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    send: (method, path, body, ifMatch) =>
      new Promise((resolve, reject) => {
        const condition = ifMatch === undefined ? {} : { 'if-match': ifMatch };
        const headers = { authorization: `Bearer ${TOKEN}`, ...condition };
        const sent = request(base + path, { agent, method, headers }, (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('error', reject);
          answer.on('end', () => {
            const { errors, result } = JSON.parse(Buffer.concat(chunks).toString());
            const revision = answer.headers['x-lifeguard-revision'];
            resolve({
              status: answer.statusCode!,
              code: errors[0]?.code,
              revision: revision === undefined ? undefined : Number(revision),
              etag: answer.headers.etag,
              result,
            });
          });
        });
        sent.on('error', reject);
        sent.end(body === undefined ? undefined : JSON.stringify(body));
      }),
    close: () => agent.destroy(),
  };
}
