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
import { printJson } from './print.ts';

/** Octets of a file of certificates: those of all well-known authorities take a quarter. */
export const CA_OCTETS_MAX = 1024 * 1024;
/** A server may take so long to answer. */
export const ANSWER_MS = 30_000;

/** Which server is asked, and as whom, as the command line says it. */
export interface Target {
  /** Where its API begins; absent: as the configuration says. */
  readonly api?: string;
  /** PEM file of certificates that sign the server's, besides the well-known ones. */
  readonly ca?: string;
  /** Absent: the configuration's, or else the one in its data directory. */
  readonly token?: string;
  readonly config?: string;
  /** What the server answers is to be printed, a refusal too. */
  readonly json?: boolean;
}

/** An answer of the API. */
export interface Answer<T> {
  /** As the API's reference says: what asks knows its shape. */
  readonly result: T;
  /** All of it, as the API answers; of a list that was read page by page, as if it had one page. */
  readonly envelope: Envelope;
  /** Of one object: what its next write may be held against. */
  readonly etag: string | undefined;
  /** Of a write: the revision it made. */
  readonly revision: number | undefined;
  /** Of a list: how many pages it has. */
  readonly pages: number;
}

/** What goes with a request besides its path. */
export interface Asking {
  readonly body?: object | undefined;
  /** The write is refused unless the object still has this entity tag. */
  readonly ifMatch?: string | undefined;
}

/** Calls a server; paths are from the root on. Every method throws OperatorError, with the exit code that fits, when it is not answered well. */
export interface ApiClient {
  ask<T>(method: Method, path: string, asking?: Asking): Promise<Answer<T>>;
  /** The result alone. */
  call<T>(method: Method, path: string, body?: object): Promise<T>;
  /** Every item of a list, page by page. `within`: the property that they are in, where the result is no list itself. */
  list<T>(path: string, within?: string): Promise<Pick<Answer<T[]>, 'result' | 'envelope'>>;
  /** Server-sent events, until `signal` says otherwise; what went wrong later is told by the body. */
  listen(
    path: string,
    lastEventId: string | undefined,
    signal: AbortSignal,
  ): Promise<ReadableStream<Uint8Array<ArrayBuffer>>>;
}

/** What a request does. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** Items on a page of a list that is read to its end. */
const PER_PAGE = 1_000;
/** Pages of such a list; a longer one is an error. */
const PAGES_MAX = 1_000;

/** The server a command line means. Throws OperatorError when the configuration is needed and wrong. */
export function clientOf(target: Target): ApiClient {
  const config = target.api === undefined || target.token === undefined ? configOf(target.config) : undefined;
  const api = target.api ?? urlOf(config!);
  if (target.ca !== undefined) trust(target.ca);
  const token = target.token ?? config!.api.token ?? tokenIn(config!.dataDir);
  refuseUncarriable(token);
  const request = (path: string, init: RequestInit, signal: AbortSignal) =>
    fetched(new URL(path, base(api)), {
      ...init,
      headers: { ...init.headers, authorization: `Bearer ${token}` },
      signal,
    });
  const client: ApiClient = {
    async ask<T>(method: Method, path: string, { body, ifMatch }: Asking = {}) {
      const response = await request(
        path,
        {
          method,
          ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
          ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        },
        AbortSignal.timeout(ANSWER_MS),
      );
      const answer = (await response.json().catch(() => undefined)) as Partial<Envelope> | undefined;
      if (answer?.success !== true) {
        if (target.json && answer?.errors) printJson(answer);
        throw refusal(api, response.status, answer);
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
      throw new OperatorError(`${path} has more than ${PAGES_MAX} pages`);
    },
    async listen(path, lastEventId, signal) {
      const headers = { ...(lastEventId === undefined ? {} : { 'last-event-id': lastEventId }) };
      const response = await request(path, { method: 'GET', headers }, signal);
      const { status, body } = response;
      if (status === 200 && body) return body;
      throw refusal(
        api,
        status,
        (await response.json().catch(() => undefined)) as Partial<Envelope> | undefined,
      );
    },
  };
  return client;
}

/** The error that says what a server answered. */
function refusal(api: string, status: number, answer: Partial<Envelope> | undefined): OperatorError {
  const told = answer?.errors?.map(({ message }) => message).join('\n');
  return new OperatorError(
    told || `${api} answers with status ${status}, and not as a Lifeguard`,
    exitCodeOf(status),
  );
}

/** An answer of the API, whole. */
export interface Envelope {
  readonly success: boolean;
  readonly errors: readonly { readonly message: string }[];
  readonly messages: readonly { readonly message: string }[];
  readonly result: unknown;
  readonly result_info?: { readonly total_pages: number };
}

function urlOf({ api }: Config): string {
  return `${api.tls === undefined ? 'http' : 'https'}://${formatListenAddress(api.listen)}`;
}

/** Trusts what the file's certificates sign, from now on and in the whole process, which asks one server. */
function trust(file: string): void {
  try {
    const given = readRegularFile(file, CA_OCTETS_MAX).octets.toString();
    // Throws on what is no certificate, as the one after it does not.
    new X509Certificate(given);
    setDefaultCACertificates([...getCACertificates('default'), given]);
  } catch (error) {
    throw new OperatorError(`--ca ${file}: ${(error as Error).message}`, ExitCode.BAD_CONFIGURATION);
  }
}

/** What no header can carry fetch() would refuse by printing it. */
function refuseUncarriable(token: string): void {
  if (/^[\x21-\x7e]+$/.test(token)) return;
  throw new OperatorError(
    'the token must be visible ASCII characters on one line',
    ExitCode.BAD_CONFIGURATION,
  );
}

function base(api: string): URL {
  if (URL.canParse(api) && /^https?:$/.test(new URL(api).protocol)) return new URL(api);
  throw new OperatorError(`--api ${api} is no http or https URL`, ExitCode.BAD_CONFIGURATION);
}

async function fetched(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error' });
  } catch (error) {
    const { cause } = error as Error;
    const why = cause instanceof Error ? cause : (error as Error);
    throw new OperatorError(`${url.origin} does not answer: ${adviceFor(why, url) ?? why.message}`);
  }
}

/** What to do about a server that is there and cannot be asked so; undefined: nothing to advise. */
function adviceFor({ code, message }: NodeJS.ErrnoException, { protocol }: URL): string | undefined {
  if (/SELF_SIGNED|UNABLE_TO/.test(code ?? ''))
    return `its certificate is not trusted (${code}): --ca <file> names one that signed it`;
  if (protocol === 'http:' && /other side closed|Parse Error/.test(message))
    return `${message}; if it speaks TLS, --api wants https://`;
  if (protocol === 'https:' && code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'it does not speak TLS; --api wants http://';
  return undefined;
}

function tokenIn(dataDir: string): string {
  const path = join(dataDir, ADMIN_TOKEN_FILE);
  if (existsSync(path)) return readAdminToken(path);
  throw new OperatorError(
    `no token: give --token or LIFEGUARD_API_TOKEN (there is no ${path})`,
    ExitCode.BAD_CONFIGURATION,
  );
}

function exitCodeOf(status: number): number {
  if (status === 404) return ExitCode.NOT_FOUND;
  if (status === 401 || status === 403) return ExitCode.NO_ACCESS;
  return status >= 400 && status < 500 && status !== 408 && status !== 429
    ? ExitCode.REFUSED
    : ExitCode.FAILED;
}
