import { readFileSync } from 'node:fs';
import process from 'node:process';
import { Argument, Command, Help, Option } from 'commander';
import { environmentHelp } from '../config/source/environment-help.ts';
import { CHECKED, runCheckLive } from './check-live.ts';
import { ExitCode } from './exit.ts';

const EXIT_CODES = `
Exit codes: 0 ended as it should, ${ExitCode.FAILED} failed, ${ExitCode.BAD_CONFIGURATION} wrong command line or configuration
`;

interface Options {
  readonly config?: string;
}

/** The command line with the commands that run or look at a process here. A wrong one ends the process, as `--help` does. */
export function createProcesses(): Command {
  const program = new Command('lifeguard')
    .description('An authoritative DNS server that answers only with healthy addresses.')
    .version(ownVersion(), '-V, --version', 'say which version this is')
    .addHelpText('after', `\n${environmentHelp()}`)
    .configureHelp({
      optionDescription(option) {
        const description = Help.prototype.optionDescription.call(this, option);
        return option.mandatory ? `${description} (required)` : description;
      },
    })
    .showHelpAfterError('(--help says more)')
    // Before the commands are made: they take it over.
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : ExitCode.BAD_CONFIGURATION));

  const command = (name: string, description: string, run: (options: Options) => Promise<void>) =>
    program
      .command(name)
      .description(description)
      .addOption(new Option('-c, --config <file>', 'configuration file').env('LIFEGUARD_CONFIG'))
      .addHelpText('after', `${EXIT_CODES}\n${environmentHelp()}`)
      .action(run);

  // What a command needs is read when it runs: to read what all of them need takes longer than to start one.
  command('serve', 'answer DNS and the admin API', async ({ config }) => {
    const { runServe } = await import('./run.ts');
    await runServe(config, { monitor: false });
  });
  command('monitor', 'probe endpoints as one worker of a region (needs Redis)', async ({ config }) => {
    const { runMonitor } = await import('./monitor.ts');
    await runMonitor(config);
  });
  command('all', 'serve and monitor in one process', async ({ config }) => {
    const { runServe } = await import('./run.ts');
    await runServe(config, { monitor: true });
  });
  command(
    'demo',
    'all, with three local endpoints, a pool over them, and a tour to follow',
    async (options) => {
      const { runDemo } = await import('./demo.ts');
      await runDemo(options.config);
    },
  );
  command(
    'check-config',
    'read the configuration, say everything that is wrong with it, and end',
    async ({ config }) => {
      const { runCheckConfig } = await import('./check-config.ts');
      await runCheckConfig(config);
    },
  );
  const store = program.command('store').description('examine and repair the store');
  const decision = (
    name: string,
    description: string,
    run: (path: string | undefined, isSure: boolean) => Promise<void>,
  ) =>
    store
      .command(name)
      .description(description)
      .option('--yes', 'do it; otherwise it is only shown')
      .addOption(new Option('-c, --config <file>', 'configuration file').env('LIFEGUARD_CONFIG'))
      .addHelpText(
        'after',
        `\nThe embedded store can be changed so while no server runs; a store in Redis at any time.\n${EXIT_CODES}\n${environmentHelp()}`,
      )
      .action(({ config, yes }: Options & { readonly yes?: boolean }) => run(config, yes === true));
  decision(
    'repair',
    'show what the store lost and, with --yes, make what is left a whole configuration again',
    async (path, isSure) => (await import('./store/store-repair.ts')).runStoreRepair(path, isSure),
  );
  decision(
    'adopt',
    'show what the store has and, with --yes, have all servers and monitors take it, though its history is another',
    async (path, isSure) => (await import('./store/store-repair.ts')).runStoreAdopt(path, isSure),
  );
  store
    .command('check')
    .description('examine every record of the store, and list those that are damaged')
    .option('--json', 'print JSON')
    .addOption(new Option('-c, --config <file>', 'configuration file').env('LIFEGUARD_CONFIG'))
    .addHelpText(
      'after',
      `
The embedded store can be examined while no server runs; a store in Redis at any time.

Exit codes: 0 nothing is damaged, ${ExitCode.FAILED} the store cannot be read, ${ExitCode.BAD_CONFIGURATION} wrong command line or configuration, ${ExitCode.REFUSED} records are damaged

${environmentHelp()}`,
    )
    .action(async ({ config, json }: Options & { readonly json?: boolean }) => {
      const { runStoreCheck } = await import('./store/store-check.ts');
      await runStoreCheck(config, json === true);
    });
  program
    .command('check-live')
    .description('ask a process on this machine whether it lives, for health checks of containers')
    .addArgument(new Argument('<process>', 'which one').choices(CHECKED))
    .option('--ready', 'ask a server whether it has something true to answer')
    .addOption(new Option('-c, --config <file>', 'configuration file').env('LIFEGUARD_CONFIG'))
    .addHelpText('after', `${EXIT_CODES}\n${environmentHelp()}`)
    .action(runCheckLive);
  return program;
}

function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
