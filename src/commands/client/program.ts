import { Argument, type Command, Option } from 'commander';
import { stringify } from 'yaml';
import { OVERRIDE_ACTIONS } from '../../pool/override.ts';
import { ExitCode } from '../exit.ts';
import { clientOf, type Target } from './api.ts';
import { type ApplyOptions, appliedText, apply, exported } from './apply.ts';
import { type ExplainOptions, explain, explainText } from './explain.ts';
import {
  healthOf,
  healthTable,
  monitorCalled,
  monitors,
  monitorTable,
  monitorText,
  poolCalled,
  pools,
  poolTable,
  poolText,
} from './objects.ts';
import { clearOverride, overrides, overrideTable, type SetOptions, setOverride } from './overrides.ts';
import { print } from './print.ts';

interface Shared extends Target {
  readonly json?: boolean;
}

const EXIT_CODES = `
Exit codes: 0 well, ${ExitCode.FAILED} failed, ${ExitCode.BAD_CONFIGURATION} wrong command line or configuration, ${ExitCode.NOT_FOUND} not found, ${ExitCode.REFUSED} refused by the server, ${ExitCode.NO_ACCESS} token not let in.
`;

/** Adds the commands that ask a running server. */
export function addClientCommands(program: Command): void {
  addDocumentCommands(program);
  const poolCommands = program.command('pools').description('show pools of a running server');
  leaf(poolCommands, 'list', 'every pool').action(async (options: Shared) =>
    print(await pools(clientOf(options)), options, poolTable),
  );
  leaf(poolCommands, 'get', 'one pool and its endpoints')
    .argument('<pool>', 'name or identifier')
    .action(async (called: string, options: Shared) =>
      print(await poolCalled(clientOf(options), called), options, poolText),
    );

  const monitorCommands = program.command('monitors').description('show monitors of a running server');
  leaf(monitorCommands, 'list', 'every monitor').action(async (options: Shared) =>
    print(await monitors(clientOf(options)), options, monitorTable),
  );
  leaf(monitorCommands, 'get', 'one monitor')
    .argument('<monitor>', 'identifier or description')
    .action(async (called: string, options: Shared) =>
      print(await monitorCalled(clientOf(options), called), options, monitorText),
    );

  leaf(program, 'health', 'what each region says of the endpoints of a pool')
    .argument('<pool>', 'name or identifier')
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      print(await healthOf(client, await poolCalled(client, called)), options, healthTable);
    });

  leaf(program, 'explain', 'why a name is answered as it is')
    .argument('<name>', 'domain name')
    .argument('[type]', 'A or AAAA')
    .option('--client <address>', 'who asks')
    .option('--ecs <prefix>', 'client subnet in the query')
    .option('--what-if <endpoint:state...>', 'suppose that its checks say healthy or unhealthy')
    .action(async (name: string, type: string | undefined, options: Shared & ExplainOptions) => {
      const asked = { ...options, ...(type ? { type } : {}) };
      print(await explain(clientOf(options), name, asked), options, explainText);
    });

  addOverrideCommands(
    program.command('override').description('decide about endpoints in the place of the checks'),
  );
}

function addDocumentCommands(program: Command): void {
  leaf(program, 'apply', 'make monitors and pools what a document says, all at once or not at all')
    .requiredOption('-f, --file <file>', 'YAML or JSON; - is standard input')
    .option('--dry-run', 'tell what would change, and change nothing')
    .option('--prune', 'delete what the document does not have')
    .action(async (options: Shared & ApplyOptions) =>
      print(await apply(clientOf(options), options), options, appliedText),
    );
  leaf(program, 'export', 'the document of all monitors and pools, for apply').action(
    async (options: Shared) =>
      print(await exported(clientOf(options)), options, (document) => stringify(document)),
  );
}

function addOverrideCommands(parent: Command): void {
  leaf(parent, 'set', 'put an endpoint or a whole pool in, out, or under maintenance')
    .addArgument(new Argument('<action>').choices(OVERRIDE_ACTIONS))
    .argument('<pool>', 'name or identifier')
    .option('-e, --endpoint <name>', 'one endpoint; without it, all of the pool')
    .requiredOption('-r, --reason <text>', 'why')
    .option('-o, --owner <name>', 'who is to be asked (default: you)')
    .option('--start <time>', 'RFC 3339; at once without it')
    .option('--end <time>', 'RFC 3339; until it is cleared without it')
    .option('--for <time>', 'how long, such as 30m, 2h or 1d')
    .option('--replace', 'take the place of one that there is')
    .action(async (action: string, pool: string, options: Shared & SetOptions) => {
      const made = await setOverride(clientOf(options), action, pool, options, Date.now());
      print(made, options, (one) => overrideTable([one]));
    });
  leaf(parent, 'clear', 'let the checks decide again')
    .argument('<pool>', 'name or identifier')
    .option('-e, --endpoint <name>', 'one endpoint; without it, the override of the pool')
    .action(async (pool: string, options: Shared & { endpoint?: string }) => {
      const cleared = await clearOverride(clientOf(options), pool, options.endpoint);
      print(cleared, options, (one) => overrideTable([one]));
    });
  leaf(parent, 'list', 'every override')
    .option('--pool <pool>', 'only of this one: name or identifier')
    .action(async (options: Shared & { pool?: string }) =>
      print(await overrides(clientOf(options), options.pool), options, overrideTable),
    );
}

/** A command that asks a server. */
function leaf(parent: Command, name: string, description: string): Command {
  return parent
    .command(name)
    .description(description)
    .addOption(new Option('-c, --config <file>', 'configuration file').env('LIFEGUARD_CONFIG'))
    .option('--api <url>', 'the server; without it, the one of the configuration')
    .option('--ca <file>', 'certificates (PEM) that sign the one of the server')
    .addOption(
      new Option('--token <token>', 'without it, the one in the data directory').env('LIFEGUARD_API_TOKEN'),
    )
    .option('--json', 'print what the API answers')
    .addHelpText('after', EXIT_CODES);
}
