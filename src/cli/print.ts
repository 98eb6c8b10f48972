import process from 'node:process';
import { escapeJson, escapeText } from '../pool/plain-text.ts';

/** A value in a table; null, undefined and "" are shown as a dash. */
export type TableValue = string | number | boolean | null | undefined;

/** Formats rows as aligned columns below their heads, two blanks apart. */
export function table(columns: readonly string[], rows: readonly (readonly TableValue[])[]): string {
  const lines = [columns.map((name) => name.toUpperCase()), ...rows.map((row) => row.map(shown))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)));
  return lines
    .map(
      (line) =>
        `${line
          .map((cell, i) => cell.padEnd(widths[i]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** Formats a number of things, such as `2 objects`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** Formats a value for people, on one line and without control characters. */
export function shown(value: TableValue): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return escapeText(String(value).replaceAll(/\p{Cc}+/gu, ' '));
}

/** Prints an answer of the API to standard output: the whole of it as JSON with --json, or else the result as text. */
export function print<T>(
  { result, envelope }: { readonly result: T; readonly envelope: object },
  { json }: { readonly json?: boolean },
  text: (result: T) => string,
): void {
  if (json) printJson(envelope);
  else process.stdout.write(escapeText(text(result)));
}

/** Prints the messages of an answer to standard error, one on each line. */
export function printMessages({
  messages,
}: {
  readonly messages: readonly { readonly message: string }[];
}): void {
  for (const { message } of messages) process.stderr.write(`${shown(message)}\n`);
}

/** Prints a value to standard output as indented JSON. */
export function printJson(value: object): void {
  process.stdout.write(`${escapeJson(JSON.stringify(value, null, 2))}\n`);
}
