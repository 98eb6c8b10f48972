import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { formatYaml } from '../config/source/yaml.ts';
import { OVERRIDE_ACTIONS } from '../pool/override.ts';
import { clientOf } from './api.ts';
import { leaf, printWritten, type Shared, type Writing, waitAsAsked, writingLeaf } from './command.ts';
import { durationMs } from './duration.ts';
import { addEventsCommand } from './health/events.ts';
import { type ExplainOptions, explain, explainText } from './health/explain.ts';
import { healthOf, healthText } from './health/health.ts';
import {
  type NodeShown,
  nodeTable,
  type RegionShown,
  regionTable,
  type WorkerShown,
  workerTable,
} from './health/nodes.ts';
import { addPreviewCommand } from './health/preview.ts';
import { addObjectCommands, objectCalled } from './objects.ts';
import { print, printMessages } from './print.ts';
import { type ApplyOptions, appliedText, apply, exported } from './resource/apply.ts';
import { addCountriesCommand } from './resource/countries.ts';
import { GROUPS } from './resource/groups.ts';
import { MONITORS } from './resource/monitors.ts';
import { addNotificationCommands } from './resource/notifications.ts';
import {
  clearedText,
  clearOverride,
  overrides,
  overrideTable,
  type SetOptions,
  setOverride,
} from './resource/overrides.ts';
import { POOLS } from './resource/pools.ts';
import { addSearchCommand } from './resource/search.ts';
import { addTokenCommands } from './resource/tokens.ts';
import { addZoneCommands } from './resource/zones.ts';
import { REVISION_WAIT, waitForRevision } from './revision.ts';

/** Adds the commands that ask a running server. */
export function addClientCommands(program: Command): void {
  const parent = (name: string, description: string) => program.command(name).description(description);
  addObjectCommands(parent('pools', 'show and change pools'), POOLS);
  addObjectCommands(parent('monitors', 'show and change monitors'), MONITORS);
  addObjectCommands(parent('groups', 'show and change groups of monitors'), GROUPS);
  addZoneCommands(parent('zones', 'show and change zones, and what decides their SOA, NS and pools'));
  addDocumentCommands(program);
  leaf(program, 'health', 'what each region says of the endpoints of a pool')
    .argument('<pool>', POOLS.naming.is)
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const found = await healthOf(client, await objectCalled(POOLS, client, called));
      print(found, options, (shown) => healthText(shown, found.envelope));
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
  addSearchCommand(program);
  addCountriesCommand(program);
  addPreviewCommand(program);
  addOverrideCommands(parent('override', 'decide about endpoints in the place of the checks'));
  addEventsCommand(program);
  addNodeCommands(program);
  addNotificationCommands(parent('notifications', 'try whether those who are notified can be'));
  addTokenCommands(parent('token', 'make, list and end tokens, and hash them for the configuration'));
}

function addDocumentCommands(program: Command): void {
  writingLeaf(program, 'apply', 'make monitors, groups of monitors and pools what a document says')
    .requiredOption('-f, --file <file>', 'YAML or JSON; - is standard input')
    .option('--dry-run', 'tell what would change, and change nothing')
    .option('--prune', 'delete what the document does not have')
    .action(async (options: Writing & ApplyOptions) => {
      const client = clientOf(options);
      const applied = await apply(client, options);
      print(applied, options, appliedText);
      printMessages(applied.envelope);
      await waitAsAsked(client, applied.result.revision ?? undefined, options);
    });
  leaf(program, 'export', 'the document of all monitors, groups of monitors and pools, for apply').action(
    async (options: Shared) => print(await exported(clientOf(options)), options, formatYaml),
  );
}

function addNodeCommands(program: Command): void {
  leaf(program, 'nodes', 'live nodes, and how far each is').action(async (options: Shared) =>
    print(await clientOf(options).ask<NodeShown[]>('GET', '/lifeguard/v1/nodes'), options, nodeTable),
  );
  leaf(program, 'workers', 'live workers').action(async (options: Shared) =>
    print(await clientOf(options).ask<WorkerShown[]>('GET', '/lifeguard/v1/workers'), options, workerTable),
  );
  leaf(program, 'regions', 'regions that have live workers').action(async (options: Shared) =>
    print(await clientOf(options).ask<RegionShown[]>('GET', '/lifeguard/v1/regions'), options, regionTable),
  );
  leaf(program, 'wait', 'wait until every live node answers from a revision')
    .addArgument(new Argument('<revision>', 'as a write told it').argParser(revisionIn))
    .addOption(
      new Option('--within <time>', 'how long at most')
        .argParser(durationMs)
        .default(durationMs(REVISION_WAIT), REVISION_WAIT),
    )
    .action(async (revision: number, options: Shared & { readonly within: number }) =>
      print(
        await waitForRevision(clientOf(options), revision, options.within),
        options,
        ({ nodes }) => `revision ${revision} is served by all ${nodes} nodes\n`,
      ),
    );
}

function revisionIn(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a number.');
}

function addOverrideCommands(parent: Command): void {
  writingLeaf(parent, 'set', 'put an endpoint or a whole pool in, out, or under maintenance')
    .addArgument(new Argument('<action>', 'what is done').choices(OVERRIDE_ACTIONS))
    .argument('<pool>', POOLS.naming.is)
    .option('-e, --endpoint <name>', 'one endpoint; without it, all of the pool')
    .requiredOption('-r, --reason <text>', 'why')
    .option('-o, --owner <name>', 'who is to be asked (default: you)')
    .option('--start <time>', 'RFC 3339; at once without it')
    .option('--end <time>', 'RFC 3339; until it is cleared without it')
    .addOption(
      new Option('--for <time>', 'how long, such as 30m, 2h or 1d').argParser(durationMs).conflicts('end'),
    )
    .option('--replace', 'take the place of one that there is')
    .action(async (action: string, pool: string, options: Writing & SetOptions) => {
      const client = clientOf(options);
      const made = await setOverride(client, action, pool, options, Date.now());
      await printWritten(client, made, options, (one) => overrideTable([one]));
    });
  writingLeaf(parent, 'clear', 'let the checks decide again')
    .argument('<pool>', POOLS.naming.is)
    .option('-e, --endpoint <name>', 'one endpoint; without it, the override of the pool')
    .action(async (pool: string, options: Writing & { endpoint?: string }) => {
      const client = clientOf(options);
      const cleared = await clearOverride(client, pool, options.endpoint);
      await printWritten(client, cleared, options, clearedText);
    });
  leaf(parent, 'list', 'every override')
    .option('--pool <pool>', 'only of this one: name or identifier')
    .action(async (options: Shared & { pool?: string }) =>
      print(await overrides(clientOf(options), options.pool), options, overrideTable),
    );
}
