import { type Command, Option } from 'commander';
import { addExample } from '../commands/command-help.ts';
import { ExitCode } from '../commands/exit.ts';
import { CONFIG_FILE_HELP } from '../config/source/environment-help.ts';
import type { Answer, ApiClient, Target } from './api.ts';
import { durationMs } from './duration.ts';
import { print, printMessages } from './print.ts';
import { REVISION_WAIT, waitForRevision } from './revision.ts';

/** Options of every command that calls a server. */
export type Shared = Target;

/** Options of every command that changes something. */
export interface Writing extends Shared {
  /** Milliseconds; true: REVISION_WAIT. */
  readonly wait?: number | true;
}

/** The exit codes, for help. */
export const EXIT_CODES = `
Exit codes:
  0  success
  ${ExitCode.FAILED}  failure, or the server does not answer
  ${ExitCode.BAD_CONFIGURATION}  wrong command line, file or configuration
  ${ExitCode.NOT_FOUND}  not found
  ${ExitCode.REFUSED}  the server refused the request
  ${ExitCode.NO_ACCESS}  the token is wrong or lacks the right
  ${ExitCode.NOT_YET}  the time to wait (--wait, --within) is over
`;
const SERVER_OPTIONS = 'Server:';

/** Adds a command that calls a server. `example` is a command line that runs, without the program's name. */
export function leaf(parent: Command, name: string, description: string, example: string): Command {
  const options = [
    new Option('--api <url>', 'URL of the server (default: the one in the configuration)'),
    new Option('--ca <file>', 'PEM file with the authority that signed the certificate of the server'),
    new Option('--token <token>', 'Token (default: the one in the configuration or the data directory)').env(
      'LIFEGUARD_API_TOKEN',
    ),
    new Option('-c, --config <file>', CONFIG_FILE_HELP).env('LIFEGUARD_CONFIG'),
  ];
  const command = parent
    .command(name)
    .description(description)
    .option('--json', 'Print the whole answer of the API as JSON');
  for (const option of options) command.addOption(option.helpGroup(SERVER_OPTIONS));
  return addExample(command, `lifeguard ${example}`, { after: EXIT_CODES });
}

/** Adds a command that changes something on a server. */
export function writingLeaf(parent: Command, name: string, description: string, example: string): Command {
  return leaf(parent, name, description, example).addOption(
    new Option(
      '--wait [time]',
      `Wait until every live node serves the change, at most this long (default: ${REVISION_WAIT})`,
    ).argParser(durationMs),
  );
}

/** Prints the answer to a write, with its revision and the messages of the server, and waits where --wait asks for it. */
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

/** Waits until every node serves a revision, where --wait is given and there is a revision. Throws OperatorError, NOT_YET when the time is over. */
export async function waitAsAsked(
  client: ApiClient,
  revision: number | undefined,
  { wait }: Writing,
): Promise<void> {
  if (revision === undefined || wait === undefined) return;
  await waitForRevision(client, revision, wait === true ? durationMs(REVISION_WAIT) : wait);
}
