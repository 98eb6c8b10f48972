import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Config } from '../../config/config.ts';
import { formatListenAddress } from '../../config/listen-address.ts';
import { ADMIN_TOKEN_FILE } from '../admin-token.ts';
import { ExitCode, OperatorError } from '../exit.ts';
import { configOf } from '../load.ts';

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
}

/** Calls a server. Every method throws OperatorError, with the exit code that fits, when it is not answered well. */
export interface ApiClient {
  /** `path` from the root on. The result is as the API's reference says: what asks knows its shape. */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
}

/** The server a command line means. Throws OperatorError when the configuration is needed and wrong. */
export function clientOf(target: Target): ApiClient {
  const config = target.api === undefined || target.token === undefined ? configOf(target.config) : undefined;
  const api = target.api ?? urlOf(config!);
  if (target.ca !== undefined) trust(target.ca);
  const token = target.token ?? config!.api.token ?? tokenIn(config!.dataDir);
  return {
    async call<T>(method: string, path: string, body?: object): Promise<T> {
      const response = await ask(new URL(path, base(api)), {
        method,
        headers: { authorization: `Bearer ${token}` },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const { status } = response;
      const answer = (await response.json().catch(() => undefined)) as Partial<Envelope> | undefined;
      if (answer?.success === true) return answer.result as T;
      const told = answer?.errors?.map(({ message }) => message).join('\n');
      throw new OperatorError(
        told || `${api} answers with status ${status}, and not as a Lifeguard`,
        exitCodeOf(status),
      );
    },
  };
}

interface Envelope {
  readonly success: boolean;
  readonly errors: readonly { readonly message: string }[];
  readonly result: unknown;
}

function urlOf({ api }: Config): string {
  return `${api.tls === undefined ? 'http' : 'https'}://${formatListenAddress(api.listen)}`;
}

/** Trusts what the file's certificates sign, from now on and in the whole process, which asks one server. */
function trust(file: string): void {
  try {
    const given = readFileSync(file, 'utf8');
    // Throws on what is no certificate, as the one after it does not.
    new X509Certificate(given);
    setDefaultCACertificates([...getCACertificates('default'), given]);
  } catch (error) {
    throw new OperatorError(`--ca ${file}: ${(error as Error).message}`, ExitCode.BAD_CONFIGURATION);
  }
}

function base(api: string): URL {
  if (URL.canParse(api) && /^https?:$/.test(new URL(api).protocol)) return new URL(api);
  throw new OperatorError(`--api ${api} is no http or https URL`, ExitCode.BAD_CONFIGURATION);
}

async function ask(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(ANSWER_MS) });
  } catch (error) {
    const { cause, message } = error as Error;
    throw new OperatorError(
      `${url.origin} does not answer: ${cause instanceof Error ? cause.message : message}`,
    );
  }
}

function tokenIn(dataDir: string): string {
  const path = join(dataDir, ADMIN_TOKEN_FILE);
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new OperatorError(
      `no token: give --token or LIFEGUARD_API_TOKEN (${(error as Error).message})`,
      ExitCode.BAD_CONFIGURATION,
    );
  }
}

function exitCodeOf(status: number): number {
  if (status === 404) return ExitCode.NOT_FOUND;
  if (status === 401 || status === 403) return ExitCode.NO_ACCESS;
  return status >= 400 && status < 500 && status !== 408 && status !== 429
    ? ExitCode.REFUSED
    : ExitCode.FAILED;
}
