import process from 'node:process';
import type { ListenAddress } from '../config/config.ts';
import { formatListenAddress } from '../config/listen-address.ts';
import { formatProblem, type Problem } from '../input/problem.ts';
import { escapeText } from '../pool/plain-text.ts';
import { type Setting, takenWords } from '../serve/listen/taken.ts';

/**
 * Exit codes: 1 something failed, 2 the configuration is wrong (as for a wrong command line). Of commands that ask a
 * running server besides: 3 there is no such thing, 4 the server refused what was asked, 5 it does not let this token in,
 * 6 what was waited for did not come about in time.
 */
export const ExitCode = {
  FAILED: 1,
  BAD_CONFIGURATION: 2,
  NOT_FOUND: 3,
  REFUSED: 4,
  NO_ACCESS: 5,
  NOT_YET: 6,
} as const;

/** A failure that the operator can do something about: its message says all. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  readonly exitCode: number;

  constructor(message: string, exitCode: number = ExitCode.FAILED) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The error that reports everything wrong with a configuration, one problem a line. */
export function badConfiguration(problems: readonly Problem[]): OperatorError {
  return new OperatorError(problems.map(formatProblem).join('\n'), ExitCode.BAD_CONFIGURATION);
}

/** Ends the process: an operator's error in its own words, anything else (ours) with its stack. */
export function fail(error: unknown): never {
  const isOperators = error instanceof OperatorError;
  const text = isOperators ? error.message : ((error as Error).stack ?? String(error));
  process.stderr.write(`${escapeText(text)}\n`);
  process.exit(isOperators ? error.exitCode : ExitCode.FAILED);
}

/** Says what a failed system call on an address or a file means to the operator; other errors as they are. */
export function explain(what: string, advice: string): (error: unknown) => never {
  return (error) => {
    const { code, syscall, message } = error as NodeJS.ErrnoException;
    if (code === undefined || syscall === undefined) throw error;
    const because = REASONS[code] ?? message;
    throw new OperatorError(`${what}: ${because}; ${advice}`);
  };
}

/** As `explain`, for a listener: of an address that cannot be had, which one it is, who has it, and what to write instead. */
export function explainListen(what: string, setting: Setting): (error: unknown) => never {
  return (error) => {
    const { code, syscall, address, port } = error as NodeJS.ErrnoException & Partial<ListenAddress>;
    if (address === undefined || port === undefined || code === undefined)
      return explain(what, `choose another address with ${setting.name}`)(error);
    const at = `${what} at ${formatListenAddress({ address, port })}`;
    // Linux lets everybody have the ports above (ip(7), ip_unprivileged_port_start).
    if (code === 'EACCES' && port < PORTS_OF_ALL)
      throw new OperatorError(
        `${at}: permission denied; give the process CAP_NET_BIND_SERVICE, or choose a port of ${PORTS_OF_ALL} or more with ${setting.name}`,
      );
    if (code !== 'EADDRINUSE') return explain(at, `choose another address with ${setting.name}`)(error);
    throw new OperatorError(
      `${at}: ${takenWords({ address, port }, syscall === 'bind' ? 'UDP' : 'TCP', setting)}`,
    );
  };
}

/** The first port that needs no privilege, unless a system says otherwise. */
const PORTS_OF_ALL = 1_024;

const REASONS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'this machine has no such address',
  EACCES: 'permission denied',
  EAFNOSUPPORT: 'this machine does not speak that protocol',
};
