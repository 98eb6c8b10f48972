import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PATH = join(import.meta.dirname, 'RESULTS.md');
const TITLE =
  '# Results\n\nWritten by the programs of this folder, a section each; README.md tells how to read them.\n';

/** Puts a section in the place of the one with the same title, or at the end. */
export function withSection(text: string, title: string, body: string): string {
  const section = `## ${title}\n\n${body.trim()}\n`;
  const parts = text.split(/^(?=## )/m);
  const at = parts.findIndex((part) => part.startsWith(`## ${title}\n`));
  if (at === -1) return `${text.trimEnd()}\n\n${section}`;
  const isLast = at === parts.length - 1;
  return parts.with(at, isLast ? section : `${section}\n`).join('');
}

/** Writes a section of RESULTS.md, whole or not at all. */
export function writeSection(title: string, body: string): void {
  const text = existsSync(PATH) ? readFileSync(PATH, 'utf8') : TITLE;
  writeFileSync(`${PATH}.new`, withSection(text, title, body));
  renameSync(`${PATH}.new`, PATH);
}
