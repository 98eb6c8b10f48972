import type { Logger } from '../logger.ts';

/** A log line on its way from a data-plane thread to the main thread, which writes it. */
export interface RelayedLine {
  readonly kind: 'log';
  readonly level: keyof Logger;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

/** An error as it passes between threads: a structured clone alone would lose properties such as `code`. */
interface PlainError {
  readonly message: string;
  readonly stack: string | undefined;
  readonly own: Readonly<Record<string, unknown>>;
}

/** Creates a log whose lines `post` hands to the main thread. */
export function relayLog(post: (line: RelayedLine) => void): Logger {
  const at = (level: keyof Logger) => (fields: object, message: string) => {
    const { err } = fields as { readonly err?: unknown };
    post({
      kind: 'log',
      level,
      fields: { ...fields, ...(err instanceof Error ? { err: plain(err) } : {}) },
      message,
    });
  };
  return { info: at('info'), warn: at('warn'), error: at('error') };
}

/** Writes a line of another thread. */
export function writeRelayed(log: Logger, { level, fields, message }: RelayedLine): void {
  const { err } = fields;
  log[level]({ ...fields, ...(err === undefined ? {} : { err: revived(err as PlainError) }) }, message);
}

function plain(error: Error): PlainError {
  return { message: error.message, stack: error.stack, own: { ...error } };
}

function revived({ message, stack, own }: PlainError): Error {
  return Object.assign(new Error(message), own, stack === undefined ? {} : { stack });
}
