import process from 'node:process';
import { isatty } from 'node:tty';
import { type LevelWithSilent, type Logger, pino, stdSerializers, stdTimeFunctions } from 'pino';
import { escapeJson, escapeText } from '../pool/plain-text.ts';
import { type LogOutput, standardErrorOutput } from './log-output.ts';
import { textLine } from './text-line.ts';

export type { Logger };

/** What a logger is made of. */
export interface LoggerOptions {
  /** Lines below this level are not written; `silent`: none at all. */
  readonly level: LevelWithSilent;
  /** JSON lines, or text for people; `auto`: text where standard error is a terminal. Absent: JSON. */
  readonly format?: 'auto' | 'json' | 'text';
  /** The `name` field of every line; absent: none. */
  readonly name?: string;
  /** Where lines go; absent: standard error. */
  readonly destination?: Pick<LogOutput, 'write'> & Partial<LogOutput>;
}

/** What a log line shows in the place of a secret. */
export const REDACTED = '[redacted]';

/** Fields never written, in either case: header fields keep the case they were authored in. */
const SECRETS = [
  'authorization',
  'Authorization',
  'cf-webhook-auth',
  'cookie',
  'Cookie',
  'password',
  'redisUrl',
  'secret',
  'token',
  'X-Auth-Key',
  'x-auth-key',
];
/** How deep a secret may lie in what is logged: `{ request: { headers: { authorization } } }` is depth 2. */
const SECRET_DEPTHS = ['', '*.', '*.*.', '*.*.*.'];

/** Errors that happen to every operator, of whom the message says all: where ours was thrown helps nobody. */
const WITHOUT_STACK = ['StoreUnavailable', 'StoreRefused', 'StoreDamaged'];

/** An error as lines show it. */
function errorFields(error: Error): unknown {
  const fields = stdSerializers.err(error);
  if (!WITHOUT_STACK.includes(error?.name)) return fields;
  const { type, message } = fields;
  return { type, message };
}

/** Where lines go that hold nothing a terminal would obey: names and reasons come from others. */
function escaping(destination: Pick<LogOutput, 'write'>, isText: boolean): Pick<LogOutput, 'write'> {
  if (isText) return { write: (line) => destination.write(escapeText(textLine(line))) };
  return { write: (line) => destination.write(escapeJson(line)) };
}

/**
 * A logger that writes JSON lines, one a line of the stream, or text for people: `level` by name, `time` in RFC 3339 UTC, `err` with type,
 * message and, of what is a fault, stack. Lines go to standard error, so that what a command prints stays clean on standard output, and
 * are written before the call returns, so that none is lost when the process ends. Where that is not possible without waiting,
 * they wait, or are dropped and counted. No call throws. Secrets up to depth 3 are replaced.
 */
export function createLogger(options: LoggerOptions): Logger {
  const { destination = standardErrorOutput(), format = 'json' } = options;
  const isText = format === 'text' || (format === 'auto' && isatty(process.stderr.fd));
  const log = pino(
    {
      level: options.level,
      ...(options.name === undefined ? {} : { name: options.name }),
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: errorFields },
      redact: {
        paths: SECRET_DEPTHS.flatMap((depth) => SECRETS.map((name) => `${depth}["${name}"]`)),
        censor: REDACTED,
      },
    },
    escaping(destination, isText),
  );
  destination.onRecovery?.((dropped) =>
    log.error(
      { dropped },
      `${dropped} lines of the log were dropped, because they could not be written. The log is written again.`,
    ),
  );
  return log;
}
