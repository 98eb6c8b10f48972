import process from 'node:process';
import { Argument, Command, Help, Option } from 'commander';
import type { EnvironmentVariable } from '../config/source/environment.ts';
import { CONFIG_FILE_HELP, environmentHelp } from '../config/source/environment-help.ts';
import { escapeText } from '../pool/plain-text.ts';
import { programVersion } from '../telemetry/version.ts';
import { CHECKED, runCheckLive } from './check-live.ts';
import { addExample } from './command-help.ts';
import { ExitCode } from './exit.ts';

const EXIT_CODES = `
Exit codes: 0 success, ${ExitCode.FAILED} failure, ${ExitCode.BAD_CONFIGURATION} wrong command line or configuration
`;
/** When the commands of `store` may be used. */
const STORE_USE =
  'Stop the server before you use this command on the embedded store. On a store in Redis, use it at any time.';
/** Variables that matter to a worker, to the commands of `store`, and to `check-live`. */
const MONITOR_VARIABLES = [
  'LIFEGUARD_CONFIG',
  'LIFEGUARD_REDIS_URL',
  'LIFEGUARD_REGION',
  'LIFEGUARD_LOG_LEVEL',
] as const;
const STORE_VARIABLES = ['LIFEGUARD_CONFIG', 'LIFEGUARD_REDIS_URL', 'LIFEGUARD_DATA_DIR'] as const;
const LIVE_VARIABLES = ['LIFEGUARD_CONFIG', 'LIFEGUARD_API_LISTEN'] as const;

interface Options {
  readonly config?: string;
  readonly replace?: boolean;
}

/** Creates the command line with the commands that run or examine a process on this machine. A wrong one ends the process, as `--help` does. */
export function createProcesses(): Command {
  const program = new Command('lifeguard')
    .description('Lifeguard is an authoritative DNS server that answers only with healthy addresses.')
    .version(programVersion(), '-V, --version', 'Print the version')
    .helpOption('-h, --help', 'Print this help')
    .helpCommand(false)
    .commandsGroup('Run and check processes on this machine:')
    .configureHelp({
      optionDescription(option) {
        const description = Help.prototype.optionDescription.call(this, option);
        return option.mandatory ? `${description} (required)` : description;
      },
    })
    // Commands inherit both when they are created. A wrong word comes back in the message.
    .configureOutput({ outputError: (text, write) => write(escapeText(text)) })
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : ExitCode.BAD_CONFIGURATION));

  addExample(program, 'lifeguard demo', {
    after: `\n"lifeguard <command> --help" has an example of each command.\n\n${environmentHelp()}`,
  }).showHelpAfterError('("lifeguard --help" lists the commands.)');

  addRunCommands(program);
  addStoreCommands(program);
  addLiveCommand(program);
  return program;
}

/** Adds the commands that run a process, and the one that checks its configuration. */
function addRunCommands(program: Command): void {
  const command = (
    name: string,
    description: string,
    example: string,
    run: (options: Options) => Promise<void>,
    variables?: readonly EnvironmentVariable[],
  ) =>
    addExample(
      program.command(name).description(description).addOption(configOption()).action(run),
      example,
      { after: `${EXIT_CODES}\n${environmentHelp(variables)}` },
    );

  // Each command loads its code when it runs: to load the code of all takes longer than to start one.
  command(
    'serve',
    'Answer DNS queries and serve the API',
    'lifeguard serve --config lifeguard.yaml',
    async ({ config, replace = false }) => {
      const { runServe } = await import('./replace/serve.ts');
      await runServe(config, { monitor: false, replace, version: programVersion() });
    },
  ).addOption(replaceOption());
  command(
    'monitor',
    'Run checks as one worker of a region (needs Redis)',
    'LIFEGUARD_REDIS_URL=redis://127.0.0.1 LIFEGUARD_REGION=WEU lifeguard monitor',
    async ({ config }) => {
      const { runMonitor } = await import('./monitor.ts');
      await runMonitor(config);
    },
    MONITOR_VARIABLES,
  );
  command(
    'all',
    'Run serve and monitor in one process',
    'lifeguard all --config lifeguard.yaml',
    async ({ config, replace = false }) => {
      const { runServe } = await import('./replace/serve.ts');
      await runServe(config, { monitor: true, replace, version: programVersion() });
    },
  ).addOption(replaceOption());
  command(
    'demo',
    'Run all, with three local web servers, a pool over them, and a tour',
    'lifeguard demo',
    async (options) => {
      const { runDemo } = await import('./demo.ts');
      await runDemo(options.config);
    },
  );
  command(
    'check-config',
    'Check the configuration and the files that it names, and print every problem',
    'lifeguard check-config --config lifeguard.yaml',
    async ({ config }) => {
      const { runCheckConfig } = await import('./check-config.ts');
      await runCheckConfig(config);
    },
  );
}

/** Adds the commands that examine and repair the store. */
function addStoreCommands(program: Command): void {
  const store = addExample(
    program.command('store').description('Examine and repair the store'),
    'lifeguard store check',
  );
  const decision = (
    name: string,
    description: string,
    run: (path: string | undefined, isSure: boolean, putsBack: boolean) => Promise<void>,
    more: readonly Option[] = [],
  ) => {
    const decided = addExample(store.command(name).description(description), `lifeguard store ${name}`, {
      before: `\n${STORE_USE}\n`,
      after: `${EXIT_CODES}\n${environmentHelp(STORE_VARIABLES)}`,
    })
      .option('--yes', 'Change the store (default: only show what would change)')
      .addOption(configOption())
      .action(({ config, yes, putBack }: Options & { readonly yes?: boolean; readonly putBack?: boolean }) =>
        run(config, yes === true, putBack === true),
      );
    for (const option of more) decided.addOption(option);
  };
  decision(
    'repair',
    'Show what the store lost; with --yes, make a consistent configuration of what is left',
    async (path, isSure, putsBack) =>
      (await import('./store/store-repair.ts')).runStoreRepair(path, { isSure, putsBack }),
    [
      new Option(
        '--put-back',
        'Put back lost documents whose last value is in the record of changes or in the last good state of this data directory',
      ),
    ],
  );
  decision(
    'adopt',
    'Show what the store holds; with --yes, make all servers and workers accept it, although its history differs',
    async (path, isSure) => (await import('./store/store-repair.ts')).runStoreAdopt(path, isSure),
  );
  const check = store
    .command('check')
    .description('Examine every record of the store and list the damaged ones')
    .option('--json', 'Print JSON')
    .addOption(configOption())
    .action(async ({ config, json }: Options & { readonly json?: boolean }) => {
      const { runStoreCheck } = await import('./store/store-check.ts');
      await runStoreCheck(config, json === true);
    });
  addExample(check, 'lifeguard store check', {
    before: `\n${STORE_USE}\n`,
    after: `
Exit codes:
  0 when no record is damaged
  ${ExitCode.FAILED} when the store cannot be read
  ${ExitCode.BAD_CONFIGURATION} when the command line or the configuration is wrong
  ${ExitCode.REFUSED} when records are damaged

${environmentHelp(STORE_VARIABLES)}`,
  });
}

/** Adds the command that checks a running process. */
function addLiveCommand(program: Command): void {
  const command = program
    .command('check-live')
    .description('Check that a process on this machine is alive, for health checks of containers')
    .addArgument(new Argument('<process>', 'Process to check').choices(CHECKED))
    .option('--ready', 'Check that a server is ready: it has the configuration and answers from it')
    .addOption(configOption())
    .action(runCheckLive);
  addExample(command, 'lifeguard check-live serve --ready', {
    after: `${EXIT_CODES}\n${environmentHelp(LIVE_VARIABLES)}`,
  });
}

function configOption(): Option {
  return new Option('-c, --config <file>', CONFIG_FILE_HELP).env('LIFEGUARD_CONFIG');
}

function replaceOption(): Option {
  return new Option(
    '--replace',
    'Replace the server that uses the same data directory, without losing a query (default: end with an error where there is one)',
  );
}
