import process from 'node:process';
import { Command, Option } from 'commander';
import { runCheckConfig } from './commands/check-config.ts';
import { addClientCommands } from './commands/client/program.ts';
import { runDemo } from './commands/demo.ts';
import { ExitCode, fail } from './commands/exit.ts';
import { runMonitor, runServe } from './commands/run.ts';
import { environmentHelp } from './config/environment-help.ts';

/** What is written, stores with their tokens and headers too, is for nobody else to read. */
const OWNER_ONLY = 0o077;
process.umask(OWNER_ONLY);

const program = new Command('lifeguard')
  .description('An authoritative DNS server that answers only with healthy addresses.')
  .addHelpText('after', `\n${environmentHelp()}`)
  .showHelpAfterError('(--help says more)')
  // Before the commands are made: they take it over.
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : ExitCode.BAD_CONFIGURATION));

interface Options {
  readonly config?: string;
}

function command(name: string, description: string, run: (options: Options) => Promise<void>): void {
  program
    .command(name)
    .description(description)
    .addOption(new Option('-c, --config <file>', 'configuration file').env('LIFEGUARD_CONFIG'))
    .addHelpText('after', `\n${environmentHelp()}`)
    .action(run);
}

command('serve', 'answer DNS and the admin API', (options) => runServe(options.config, { monitor: false }));
command('monitor', 'probe endpoints as one worker of a region (needs Redis)', (options) =>
  runMonitor(options.config),
);
command('all', 'serve and monitor in one process', (options) => runServe(options.config, { monitor: true }));
command('demo', 'all, with three local endpoints, a pool over them, and a tour to follow', (options) =>
  runDemo(options.config),
);
command('check-config', 'read the configuration, say everything that is wrong with it, and end', (options) =>
  runCheckConfig(options.config),
);

addClientCommands(program);

await program.parseAsync().catch(fail);
