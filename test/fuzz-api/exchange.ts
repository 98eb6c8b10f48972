import { Agent, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { FuzzedRequest } from './request.ts';

/** What came back. */
export interface Exchanged {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Of a stream its beginning. */
  readonly text: string;
}

/** An answer that takes longer hangs: far more than any request may wait. */
export const HANG_MS = 20_000;

/** Sends requests over connections that are kept, as long as the server keeps them. */
export function createExchanger(port: number) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  return {
    /** Rejects when nothing came back, or not in HANG_MS. */
    send(fuzzed: FuzzedRequest): Promise<Exchanged> {
      return new Promise((resolve, reject) => {
        const { method, target, headers, body } = fuzzed;
        const length = body === undefined ? {} : { 'content-length': String(body.length) };
        const request = httpRequest(
          { agent, host: '127.0.0.1', port, method, path: target, headers: { ...headers, ...length } },
          (response) => {
            const { statusCode: status, headers: answered } = response;
            const parts: Buffer[] = [];
            const done = () => {
              clearTimeout(hanging);
              resolve({ status: status!, headers: answered, text: Buffer.concat(parts).toString() });
            };
            response.on('data', (part: Buffer) => {
              parts.push(part);
              if (answered['content-type'] !== 'text/event-stream') return;
              done();
              request.destroy();
            });
            response.on('end', done);
            response.on('error', reject);
          },
        );
        const hanging = setTimeout(() => request.destroy(new Error(`no answer in ${HANG_MS} ms`)), HANG_MS);
        request.on('error', (error) => {
          clearTimeout(hanging);
          reject(error);
        });
        request.end(body);
      });
    },
    close: () => agent.destroy(),
  };
}
