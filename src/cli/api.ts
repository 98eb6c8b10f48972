import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { ADMIN_TOKEN_FILE, readAdminToken } from '../commands/admin-token.ts';
import { ExitCode, OperatorError } from '../commands/exit.ts';
import { configOf } from '../commands/load.ts';
import type { Config } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { readRegularFile } from '../config/source/regular-file.ts';
import { serverNameOf } from '../pool/address.ts';
import { printJson } from './print.ts';
import { type Envelope, fetched, refusal, TOKEN_ADVICE } from './refusal.ts';

/** Octets of a file of certificates; those of all well-known authorities take a quarter of it. */
export const CA_OCTETS_MAX = 1024 * 1024;
/** Time limit for the answer to a request, milliseconds. */
export const ANSWER_MS = 30_000;

/** The server to call and the token to use, as the command line gives them. */
export interface Target {
  /** URL of the API; absent: the one in the configuration. */
  readonly api?: string;
  /** PEM file of authorities to trust besides the well-known ones. */
  readonly ca?: string;
  /** Absent: the one in the configuration, or else in its data directory. */
  readonly token?: string;
  readonly config?: string;
  /** Print the answer as JSON, including a refusal. */
  readonly json?: boolean;
}

/** An answer of the API. */
export interface Answer<T> {
  /** Its shape is the one in the reference of the API; the caller knows it. */
  readonly result: T;
  /** The whole answer; a list that was read page by page appears as one page. */
  readonly envelope: Envelope;
  /** The entity tag of one object, for a conditional write. */
  readonly etag: string | undefined;
  /** The revision that a write made. */
  readonly revision: number | undefined;
  /** The number of pages of a list. */
  readonly pages: number;
}

/** The optional parts of a request. */
export interface Asking {
  /** A form or a file, or a value that is sent as JSON. */
  readonly body?: object | undefined;
  /** The server refuses the write unless the object still has this entity tag. */
  readonly ifMatch?: string | undefined;
  /** Time limit for the answer, milliseconds; absent: ANSWER_MS. */
  readonly answerMs?: number;
}

/** Calls a server. Paths begin at the root. Every method throws OperatorError, with a fitting exit code, unless the request succeeds. */
export interface ApiClient {
  ask<T>(method: Method, path: string, asking?: Asking): Promise<Answer<T>>;
  /** Returns the result alone. */
  call<T>(method: Method, path: string, body?: object): Promise<T>;
  /** Reads every item of a list, page by page. `within` is the property with the items, where the result is not a list itself. */
  list<T>(path: string, within?: string): Promise<Pick<Answer<T[]>, 'result' | 'envelope'>>;
  /** Returns an answer that is a text. */
  text(path: string): Promise<string>;
  /** Creates the error for what a command looked for and the server does not have; with --json, prints it as the API prints its own. */
  missing(message: string): OperatorError;
  /** Opens an answer that comes piece by piece, such as server-sent events, until `signal` aborts it; the stream reports later errors. */
  listen(
    path: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** The method of a request. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The code of the API's own error for an object that does not exist. */
const NOT_FOUND_CODE = 1_001;
/** Items on each page when a whole list is read. */
const PER_PAGE = 1_000;
/** Pages of such a list; a longer list is an error. */
const PAGES_MAX = 1_000;

/** Creates a client for the server that a command line names. Throws OperatorError when it needs the configuration, and that is wrong. */
export function clientOf(target: Target): ApiClient {
  const config = target.api === undefined || target.token === undefined ? configOf(target.config) : undefined;
  const api = target.api ?? urlOf(config!);
  if (target.ca !== undefined) trust(target.ca);
  const { token, place } = tokenOf(target, config);
  refuseUncarriable(token);
  const refused = (status: number, answer: Partial<Envelope> | undefined) =>
    refusal({ api, token: place, status, answer });
  const request = (path: string, init: RequestInit, signal: AbortSignal) =>
    fetched(new URL(path, base(api)), {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
      signal,
    });
  const client: ApiClient = {
    async ask<T>(method: Method, path: string, { body, ifMatch, answerMs = ANSWER_MS }: Asking = {}) {
      const response = await request(
        path,
        {
          method,
          ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
          ...(body === undefined ? {} : { body: isAsItIs(body) ? body : JSON.stringify(body) }),
        },
        AbortSignal.timeout(answerMs),
      );
      const answer = (await response.json().catch(() => undefined)) as Partial<Envelope> | undefined;
      if (answer?.success !== true) {
        if (target.json && answer?.errors) printJson(answer);
        throw refused(response.status, answer);
      }
      const revision = response.headers.get('x-lifeguard-revision');
      return {
        result: answer.result as T,
        envelope: answer as Envelope,
        etag: response.headers.get('etag') ?? undefined,
        revision: revision === null ? undefined : Number(revision),
        pages: answer.result_info?.total_pages ?? 1,
      };
    },
    call: async <T>(method: Method, path: string, body?: object) =>
      (await client.ask<T>(method, path, { body })).result,
    async list<T>(path: string, within?: string) {
      const query = `${path}${path.includes('?') ? '&' : '?'}per_page=${PER_PAGE}`;
      const items: T[] = [];
      for (let page = 1; page <= PAGES_MAX; page += 1) {
        const { result, envelope, pages } = await client.ask<unknown>('GET', `${query}&page=${page}`);
        items.push(...(within === undefined ? (result as T[]) : (result as Record<string, T[]>)[within]!));
        if (page < pages) continue;
        const { length } = items;
        const info = { page: 1, per_page: PER_PAGE, count: length, total_count: length, total_pages: 1 };
        return {
          result: items,
          envelope: {
            ...envelope,
            result: within === undefined ? items : { ...(result as object), [within]: items },
            ...(envelope.result_info && { result_info: { ...info, per_page: Math.max(PER_PAGE, length) } }),
          },
        };
      }
      throw new OperatorError(`The list ${path} has more than ${PAGES_MAX} pages of ${PER_PAGE} items.`);
    },
    async text(path) {
      const response = await request(path, { method: 'GET' }, AbortSignal.timeout(ANSWER_MS));
      if (response.ok) return response.text();
      const answer = (await response.json().catch(() => undefined)) as Partial<Envelope> | undefined;
      if (target.json && answer?.errors) printJson(answer);
      throw refused(response.status, answer);
    },
    missing(message) {
      const errors = [{ code: NOT_FOUND_CODE, message }];
      if (target.json) printJson({ success: false, errors, messages: [], result: null });
      return new OperatorError(message, ExitCode.NOT_FOUND);
    },
    async listen(path, lastEventId, signal) {
      const headers = { ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
      const response = await request(path, { method: 'GET', headers }, signal);
      const { status, body } = response;
      if (status === 200 && body) return body;
      throw refused(status, (await response.json().catch(() => undefined)) as Partial<Envelope> | undefined);
    },
  };
  return client;
}

function isAsItIs(body: object): body is FormData | Blob {
  return body instanceof FormData || body instanceof Blob;
}

function urlOf({ api }: Config): string {
  return `${api.tls === undefined ? 'http' : 'https'}://${formatListenAddress(api.listen)}`;
}

/** Trusts the authorities in a file, for the whole process: it calls one server only. */
function trust(file: string): void {
  try {
    const given = readRegularFile(file, CA_OCTETS_MAX).octets.toString();
    // Throws on anything but a certificate; setDefaultCACertificates does not.
    new X509Certificate(given);
    setDefaultCACertificates([...getCACertificates('default'), given]);
  } catch (error) {
    throw new OperatorError(
      `Cannot use the certificates of --ca ${file}: ${(error as Error).message}`,
      ExitCode.BAD_CONFIGURATION,
    );
  }
}

/** Refuses a token that no header can carry. fetch() would print it in its error. */
function refuseUncarriable(token: string): void {
  if (/^[\x21-\x7e]+$/.test(token)) return;
  throw new OperatorError(
    'The token must be visible ASCII characters on one line.',
    ExitCode.BAD_CONFIGURATION,
  );
}

function base(api: string): URL {
  if (URL.canParse(api) && /^https?:$/.test(new URL(api).protocol)) {
    const url = new URL(api);
    // fetch() would put it into SNI (RFC 6066 §3), which TLS of Go refuses.
    if (url.protocol === 'https:') url.hostname = serverNameOf(url.hostname) ?? url.hostname;
    return url;
  }
  throw new OperatorError(
    `--api must be an http or https URL such as http://127.0.0.1:5380, not ${JSON.stringify(api)}.`,
    ExitCode.BAD_CONFIGURATION,
  );
}

/** Returns the token to use, and where it was found, in words. */
function tokenOf(
  { token }: Target,
  config: Config | undefined,
): { readonly token: string; readonly place: string } {
  if (token !== undefined) return { token, place: 'the token of --token or LIFEGUARD_API_TOKEN' };
  const { api, dataDir } = config!;
  if (api.token !== undefined) return { token: api.token, place: 'the token of the configuration' };
  const path = join(dataDir, ADMIN_TOKEN_FILE);
  if (existsSync(path)) return { token: readAdminToken(path), place: `the token in ${path}` };
  throw new OperatorError(
    `There is no token: ${path} does not exist. ${TOKEN_ADVICE}`,
    ExitCode.BAD_CONFIGURATION,
  );
}
