import { ExitCode, OperatorError } from '../commands/exit.ts';
import { shown } from './print.ts';

/** A whole answer of the API. */
export interface Envelope {
  readonly success: boolean;
  readonly errors: readonly ApiError[];
  readonly messages: readonly { readonly message: string }[];
  readonly result: unknown;
  readonly result_info?: { readonly total_pages: number };
}

/** One error of an answer. */
export interface ApiError {
  readonly code: number;
  readonly message: string;
  /** JSON pointer to the property of the request that is wrong. */
  readonly source?: { readonly pointer: string };
}

/** What the API refused, with its errors. */
export class ApiRefusal extends OperatorError {
  readonly errors: readonly ApiError[];

  constructor(message: string, exitCode: number, errors: readonly ApiError[]) {
    super(message, exitCode);
    this.errors = errors;
  }
}

/** The code of the API's error for an object that others use. */
export const REFERENCED_CODE = 1_005;
/** The codes of the API's errors for a token that it does not know. */
const UNKNOWN_TOKEN_CODES = [9_103, 9_109];
/** What to do about a token that is not there, or not known. */
export const TOKEN_ADVICE =
  'Run the command in the folder in which the server was started, where its data directory has the token, or name a token of the server with --token or LIFEGUARD_API_TOKEN.';

/** Creates the error for an answer that is not a success. `token` says in words where the token of the request was found. */
export function refusal({
  api,
  token,
  status,
  answer,
}: {
  readonly api: string;
  readonly token: string;
  readonly status: number;
  readonly answer: Partial<Envelope> | undefined;
}): OperatorError {
  const errors = answer?.errors ?? [];
  if (errors.length === 0)
    return new OperatorError(
      `${api} is not the API of Lifeguard: it answered with status ${status}.`,
      exitCodeOf(status),
    );
  const isUnknown = errors.some(({ code }) => UNKNOWN_TOKEN_CODES.includes(code));
  const advice = isUnknown ? [`The server at ${api} does not know ${token}. ${TOKEN_ADVICE}`] : [];
  const reasons = errors.map(({ message }) => inWords(message));
  return new ApiRefusal([...reasons, ...advice].join('\n'), exitCodeOf(status), errors);
}

/** Says an error of the API for people: without the words that the API has at the end for programs, with the options of commands, and as a sentence. */
function inWords(message: string): string {
  return message
    .replace(/\.?: (?:validation failed|value not unique|zone already exists)$/, '.')
    .replace('replace=true', '--replace')
    .replace(/^(Invalid access token)$/, '$1.');
}

/**
 * Returns a refusal that names the options of the properties with errors, and what was given. `optionOf` returns the words for
 * a property, undefined: it has no option. Any other error is returned as it is.
 */
export function withOptions(
  error: unknown,
  body: object,
  optionOf: (key: string) => string | undefined,
): unknown {
  if (!(error instanceof ApiRefusal)) return error;
  const lines = error.errors.map(({ message, source }) => {
    const words = inWords(message);
    const [key, ...path] = pointed(source?.pointer);
    const option = key === undefined ? undefined : optionOf(key);
    if (option === undefined) return words;
    const given = valueAt(body, [key!, ...path]);
    return `${words.replace(/\.$/, '')} (${option}${given === undefined ? '' : `: ${shown(given)}`}).`;
  });
  return new ApiRefusal(lines.join('\n'), error.exitCode, error.errors);
}

/** The parts of a JSON pointer (RFC 6901). */
function pointed(pointer = ''): string[] {
  const parts = pointer.split('/').slice(1);
  return parts.map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** Returns the text or number at a place of a body; undefined: there is none. */
function valueAt(body: unknown, [key, ...rest]: readonly string[]): string | number | undefined {
  if (key !== undefined)
    return typeof body === 'object' && body !== null ? valueAt(Reflect.get(body, key), rest) : undefined;
  if (typeof body === 'string') return JSON.stringify(body);
  return typeof body === 'number' ? body : undefined;
}

function exitCodeOf(status: number): number {
  if (status === 404) return ExitCode.NOT_FOUND;
  if (status === 401 || status === 403) return ExitCode.NO_ACCESS;
  return status >= 400 && status < 500 && status !== 408 && status !== 429
    ? ExitCode.REFUSED
    : ExitCode.FAILED;
}

/** Sends a request. Throws OperatorError, which says why the server cannot be reached and what to do. */
export async function fetched(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...init, redirect: 'error' });
  } catch (error) {
    const { cause } = error as Error;
    const reason = cause instanceof Error ? cause : (error as Error);
    throw new OperatorError(`Cannot reach the server at ${url.origin}: ${reasonAndAdvice(reason, url)}`);
  }
}

/** Says why a server cannot be reached, and what to do about it. */
function reasonAndAdvice(
  { name, code, message }: NodeJS.ErrnoException,
  { protocol, hostname }: URL,
): string {
  if (/SELF_SIGNED|UNABLE_TO/.test(code ?? ''))
    return `its certificate is not trusted (${code}). Use --ca <file> with the authority that signed it.`;
  if (protocol === 'http:' && (code === 'ECONNRESET' || /other side closed|Parse Error/.test(message)))
    return `it does not answer by HTTP (${message}). If it uses TLS, --api must begin with https://. If this is the address of its DNS, use the address of its API, by default http://127.0.0.1:5380.`;
  if (protocol === 'https:' && code === 'ERR_SSL_WRONG_VERSION_NUMBER')
    return 'it does not speak TLS. --api must begin with http://.';
  if (code === 'ECONNREFUSED')
    return `${message}. Check that it runs ("lifeguard serve" or "lifeguard all"), and that it listens at this address (api.listen in its configuration).`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `the name "${hostname}" has no address (${code}). Check --api.`;
  if (name === 'TimeoutError') return 'it did not answer in time. Check its log, and the way to it.';
  return `${message}.`;
}
