import process from 'node:process';
import type { ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { formatProblem, type Problem } from '../input/problem.ts';
import { escapeText } from '../pool/plain-text.ts';
import { type Setting, takenWords } from '../serve/listen/taken.ts';

/**
 * Exit codes: 1 failure, 2 wrong configuration or command line. Of commands that call a running server as well: 3 not
 * found, 4 the server refused the request, 5 the token is wrong or lacks the right, 6 the time to wait is over.
 */
export const ExitCode = {
  FAILED: 1,
  BAD_CONFIGURATION: 2,
  NOT_FOUND: 3,
  REFUSED: 4,
  NO_ACCESS: 5,
  NOT_YET: 6,
} as const;

/** A failure that the operator can act on. Its message is enough; no stack is printed. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.FAILED) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Creates the error that reports every problem of a configuration, one on each line. */
export function badConfiguration(problems: readonly Problem[]): OperatorError {
  return new OperatorError(problems.map(formatProblem).join('\n'), ExitCode.BAD_CONFIGURATION);
}

/** Ends the process, and prints the message of an OperatorError, or the stack of any other error, which is ours. */
export function fail(error: unknown): never {
  const isOperators = error instanceof OperatorError;
  const text = isOperators ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`${escapeText(text)}\n`);
  process.exit(isOperators ? error.exitCode : ExitCode.FAILED);
}

/** Makes a handler that turns a failed system call into an OperatorError with advice, and throws other errors as they are. */
export function explain(what: string, advice: string): (error: unknown) => never {
  return (error) => {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const because = REASONS[code] ?? message;
    throw new OperatorError(`${what}: ${because}. ${advice}.`);
  };
}

/** As `explain`, for a listener: names the address, the process that uses it, and what to configure instead. */
export function explainListen(what: string, setting: Setting): (error: unknown) => never {
  return (error) => {
    const { code, syscall, address, port } = error as NodeJS.ErrnoException & Partial<ListenAddress>;
    if (address === undefined || port === undefined || code === undefined)
      return explain(what, `Choose another address with ${setting.name}`)(error);
    const at = `${what} at ${formatListenAddress({ address, port })}`;
    // Linux lets every user bind the ports above (ip(7), ip_unprivileged_port_start).
    if (code === 'EACCES' && port < UNPRIVILEGED_PORT_MIN)
      throw new OperatorError(
        `${at}: permission denied. Give the process CAP_NET_BIND_SERVICE, allow the port to all programs (sysctl net.ipv4.ip_unprivileged_port_start=${port}), or choose a port of ${UNPRIVILEGED_PORT_MIN} or more with ${setting.name}.`,
      );
    if (code !== 'EADDRINUSE') return explain(at, `Choose another address with ${setting.name}`)(error);
    throw new OperatorError(
      `${at}: ${takenWords({ address, port }, syscall === 'bind' ? 'UDP' : 'TCP', setting)}`,
    );
  };
}

/** What cannot be answered at the addresses of a setting, where the error names it: by the threads of DNS. */
const ENCRYPTED: Readonly<Record<string, string>> = {
  'dns.tls.listen': 'Cannot answer DNS over TLS',
  'dns.https.listen': 'Cannot answer DNS over HTTPS',
};

/** The setting that the addresses of DNS by UDP and TCP, or of the API, come from: the variable of the environment replaces the key of the file. */
export function listenSetting(section: 'dns' | 'api'): string {
  const variable = `LIFEGUARD_${section.toUpperCase()}_LISTEN`;
  return process.env[variable] ? variable : `${section}.listen`;
}

/** As `explainListen`, for the listeners of DNS. */
export function explainDnsListen(error: unknown): never {
  const { setting = listenSetting('dns') } = error as { readonly setting?: string };
  return explainListen(ENCRYPTED[setting] ?? 'Cannot answer DNS', { name: setting, isList: true })(error);
}

/** The first port that needs no privilege, unless the system is configured otherwise. */
const UNPRIVILEGED_PORT_MIN = 1_024;

const REASONS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  EAFNOSUPPORT: 'this machine does not support this protocol',
};
