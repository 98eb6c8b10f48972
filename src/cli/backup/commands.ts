import type { Command } from 'commander';
import { clientOf } from '../api.ts';
import { leaf, printWritten, type Shared, type Writing, writingLeaf } from '../command.ts';
import { backUp } from './back-up.ts';
import { type RestoreOptions, restore, restoredText } from './restore.ts';

/** Adds the commands that make and restore backups. */
export function addBackupCommands(program: Command): void {
  leaf(
    program,
    'backup',
    'Write everything that is configured with the API to a file (admin tokens)',
    'backup lifeguard.backup',
  )
    .argument('<file>', 'File to write, for its owner alone; - is standard output')
    .action(async (file: string, options: Shared) => backUp(clientOf(options), file, options));
  writingLeaf(
    program,
    'restore',
    'Restore a backup into an empty store, or in the place of what the store has (admin tokens)',
    'restore lifeguard.backup --dry-run',
  )
    .argument('<file>', 'File that "lifeguard backup" wrote')
    .option('--replace', 'Replace what the store has, and delete what the backup does not have')
    .option('--dry-run', 'Judge the file and count the changes without making them')
    .option('--yes', 'Do not ask before --replace deletes or changes anything')
    .action(async (file: string, options: Writing & RestoreOptions) => {
      const client = clientOf(options);
      await printWritten(client, await restore(client, file, options), options, restoredText);
    });
}
