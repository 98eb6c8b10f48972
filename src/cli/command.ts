import { type Command, Option } from 'commander';
import { ExitCode } from '../commands/exit.ts';
import type { Answer, ApiClient, Target } from './api.ts';
import { durationMs } from './duration.ts';
import { print, printMessages } from './print.ts';
import { REVISION_WAIT, waitForRevision } from './revision.ts';

/** Options of every command that asks a server. */
export type Shared = Target;

/** Options of every command that changes something. */
export interface Writing extends Shared {
  /** Milliseconds; true: as long as nobody says otherwise. */
  readonly wait?: number | true;
}

/** What help says of exit codes. */
export const EXIT_CODES = `
Exit codes:
  0  it was done
  ${ExitCode.FAILED}  it failed, or the server does not answer
  ${ExitCode.BAD_CONFIGURATION}  the command line, a file or the configuration is wrong
  ${ExitCode.NOT_FOUND}  there is no such thing
  ${ExitCode.REFUSED}  the server refused it
  ${ExitCode.NO_ACCESS}  the token is wrong, or may not do it
  ${ExitCode.NOT_YET}  what was waited for did not come about in time
`;
const WHICH_SERVER = 'Which server:';

/** A command that asks a server. */
export function leaf(parent: Command, name: string, description: string): Command {
  const options = [
    new Option('--api <url>', 'the server; without it, the one of the configuration'),
    new Option('--ca <file>', 'certificates (PEM) that sign the one of the server'),
    new Option('--token <token>', 'without it, the one in the data directory').env('LIFEGUARD_API_TOKEN'),
    new Option('-c, --config <file>', 'configuration file').env('LIFEGUARD_CONFIG'),
  ];
  const command = parent
    .command(name)
    .description(description)
    .option('--json', 'print what the API answers, whole, instead of a text for people')
    .addHelpText('after', EXIT_CODES);
  for (const option of options) command.addOption(option.helpGroup(WHICH_SERVER));
  return command;
}

/** A command that changes something on a server. */
export function writingLeaf(parent: Command, name: string, description: string): Command {
  return leaf(parent, name, description).addOption(
    new Option(
      '--wait [time]',
      `wait until every live node answers from the change, so long at most (${REVISION_WAIT} unless given)`,
    ).argParser(durationMs),
  );
}

/**
 * What a command does with the answer to a write: waits where that is asked for, and prints the result, for people with the
 * revision, and what the server says beside it.
 */
export async function printWritten<T>(
  client: ApiClient,
  { result, envelope, revision }: Pick<Answer<T>, 'result' | 'envelope' | 'revision'>,
  options: Writing,
  text: (result: T) => string,
): Promise<void> {
  const line = revision === undefined ? '' : `revision ${revision}\n`;
  print({ result, envelope }, options, (it) => `${text(it)}${line}`);
  printMessages(envelope);
  await waitAsAsked(client, revision, options);
}

/** Waits until a revision is served, where that is asked for and there is one. Throws OperatorError, NOT_YET when it took too long. */
export async function waitAsAsked(
  client: ApiClient,
  revision: number | undefined,
  { wait }: Writing,
): Promise<void> {
  if (revision === undefined || wait === undefined) return;
  await waitForRevision(client, revision, wait === true ? durationMs(REVISION_WAIT) : wait);
}
