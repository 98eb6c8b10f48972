import { openAsBlob } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline/promises';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import type { Answer, ApiClient } from '../api.ts';
import { unreadable } from '../document.ts';
import { count } from '../print.ts';

/** Options of `restore`. */
export interface RestoreOptions {
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** The result of a restore, as the API gives it. */
export interface Restored {
  readonly dry_run: boolean;
  readonly made_on: string;
  readonly made_by: string;
  readonly backup_revision: number;
  readonly damaged: readonly string[];
  readonly revision: number | null;
  readonly created: number;
  readonly changed: number;
  readonly deleted: number;
  readonly unchanged: number;
}

/** Time limit for a restore, milliseconds: that of the server, and what a slow network adds. */
const RESTORE_MS_MAX = 660_000;

/** Restores a backup. Asks a person before it deletes or changes anything. Throws OperatorError. */
export async function restore(
  client: ApiClient,
  file: string,
  { replace = false, dryRun = false, yes = false }: RestoreOptions,
): Promise<Answer<Restored>> {
  const body = await contentOf(file);
  const ask = (isDry: boolean) => {
    const query = new URLSearchParams({ dry_run: String(isDry), replace: String(replace) });
    return client.ask<Restored>('POST', `/lifeguard/v1/restore?${query}`, { body, answerMs: RESTORE_MS_MAX });
  };
  if (dryRun) return ask(true);
  if (replace && !yes) {
    const { result } = await ask(true);
    if (result.deleted + result.changed > 0) await confirm(result);
  }
  return ask(false);
}

async function contentOf(file: string): Promise<Blob> {
  try {
    return await openAsBlob(file);
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function confirm(planned: Restored): Promise<void> {
  const text = `This ${sumOf(planned, ['deletes', 'changes', 'creates'])}.`;
  if (!process.stdin.isTTY)
    throw new OperatorError(`${text} Nothing was changed. Use --yes to do it.`, ExitCode.BAD_CONFIGURATION);
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  try {
    if (/^y(es)?$/i.test((await asking.question(`${text} Go on (yes or no)? `)).trim())) return;
  } finally {
    asking.close();
  }
  throw new OperatorError('Nothing was changed.');
}

/** Formats what a restore did, or would do. */
export function restoredText(restored: Restored): string {
  const { dry_run: isDry, backup_revision: revision, made_on: madeOn, damaged, unchanged } = restored;
  const sum = isDry
    ? `Dry run: it ${sumOf(restored, ['deletes', 'changes', 'creates'])}. Nothing was changed.`
    : `Restored: it ${sumOf(restored, ['deleted', 'changed', 'created'])}.`;
  const lacks = damaged.length > 0 ? `The backup lacks what could not be read: ${damaged.join(', ')}.\n` : '';
  return `${lacks}The backup is of revision ${revision}, made on ${madeOn}. ${sum} Unchanged: ${unchanged}.\n`;
}

function sumOf(
  { deleted, changed, created }: Restored,
  [deletes, changes, creates]: readonly [string, string, string],
): string {
  return `${deletes} ${count(deleted, 'object')}, ${changes} ${changed} and ${creates} ${created}`;
}
