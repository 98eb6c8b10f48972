import process from 'node:process';
import { escapeJson, escapeText } from '../pool/plain-text.ts';

/** A value in a table; null and undefined are shown as a dash. */
export type TableValue = string | number | boolean | null | undefined;

/** Rows under their columns, as wide as they need to be, two blanks apart; nothing but the heads where there are no rows. */
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

/** A value as people read it, on one line and without anything a terminal would obey. */
export function shown(value: TableValue): string {
  if (value === null || value === undefined || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  return escapeText(String(value).replaceAll(/\p{Cc}+/gu, ' '));
}

/** Writes what the API answered to standard output: all of it as JSON where that was asked for, or the result as people read it. */
export function print<T>(
  { result, envelope }: { readonly result: T; readonly envelope: object },
  { json }: { readonly json?: boolean },
  text: (result: T) => string,
): void {
  if (json) printJson(envelope);
  else process.stdout.write(escapeText(text(result)));
}

/** Writes what a server says beside a result to standard error, a line each. */
export function printMessages({
  messages,
}: {
  readonly messages: readonly { readonly message: string }[];
}): void {
  for (const { message } of messages) process.stderr.write(`${shown(message)}\n`);
}

/** Writes a value to standard output as JSON that people can read, too. */
export function printJson(value: object): void {
  process.stdout.write(`${escapeJson(JSON.stringify(value, null, 2))}\n`);
}
