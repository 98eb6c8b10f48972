import type { Command } from 'commander';
import { clientOf } from './api.ts';
import { leaf, type Shared } from './command.ts';
import { print } from './print.ts';

/** What a server says of its reload. */
interface ReloadShown {
  readonly changed: readonly string[];
  readonly waiting: readonly string[];
}

/** Adds the command that reloads the configuration of a server. */
export function addReloadCommand(program: Command): void {
  leaf(
    program,
    'reload',
    'Have a server read its configuration again and use it, as SIGHUP does',
    'reload',
  ).action(async (options: Shared) =>
    print(await clientOf(options).ask<ReloadShown>('POST', '/lifeguard/v1/reload'), options, reloadText),
  );
}

function reloadText({ changed, waiting }: ReloadShown): string {
  const now =
    changed.length === 0
      ? 'The server read its configuration. No setting that it can change has changed.\n'
      : `The server uses the new configuration. Changed: ${changed.join(', ')}.\n`;
  if (waiting.length === 0) return now;
  return `${now}Restart it to use the other changed settings: ${waiting.join(', ')}.\n`;
}
