import { Argument, type Command, Option } from 'commander';
import { addExample } from '../commands/command-help.ts';
import { formatYaml } from '../config/source/yaml.ts';
import { OVERRIDE_ACTIONS } from '../pool/override.ts';
import { clientOf } from './api.ts';
import { addBackupCommands } from './backup/commands.ts';
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
import { addObjectCommands, nameOrIdentifier, objectCalled } from './objects.ts';
import { print, printMessages } from './print.ts';
import { addReloadCommand } from './reload.ts';
import { type ApplyOptions, appliedText, apply, exported } from './resource/apply.ts';
import { addCountriesCommand } from './resource/countries.ts';
import { GROUPS } from './resource/groups.ts';
import { addLoadBalancerCommands } from './resource/load-balancers.ts';
import { MONITORS } from './resource/monitors.ts';
import { addNotificationCommands } from './resource/notifications.ts';
import {
  clearedText,
  clearOverride,
  overrides,
  overridesInForce,
  overrideTable,
  type SetOptions,
  setOverride,
} from './resource/overrides.ts';
import { POOLS } from './resource/pools.ts';
import { addSearchCommand } from './resource/search.ts';
import { addTokenCommands } from './resource/tokens.ts';
import { addWaitCommand } from './wait.ts';
import { addRecordCommands } from './zones/records.ts';
import { addZoneCommands } from './zones/zones.ts';

/** Adds the commands that call a running server. */
export function addClientCommands(program: Command): void {
  const parent = (name: string, description: string, example = 'list') =>
    addExample(program.command(name).description(description), `lifeguard ${name} ${example}`);
  program.commandsGroup('Configure a running server:');
  addObjectCommands(parent('pools', 'Show and change pools'), POOLS, {
    name: 'web',
    create: '-e web-1=192.0.2.1 -e web-2=192.0.2.2 --monitor http',
    update: '--add web-3=192.0.2.3',
  });
  addObjectCommands(parent('monitors', 'Show and change monitors'), MONITORS, {
    name: 'http',
    create: '--type http --expected-codes 2xx',
    update: '--interval 10',
  });
  addObjectCommands(parent('groups', 'Show and change monitor groups'), GROUPS, {
    name: 'both',
    create: '--member http,must_be_healthy --member tcp',
    update: '--member http --member tcp',
  });
  addLoadBalancerCommands(parent('lb', 'Show and change load balancers'));
  addZoneCommands(parent('zones', 'Show and change zones and their settings'));
  addRecordCommands(parent('records', 'Show and change the records of zones', 'list example.com'));
  addDocumentCommands(program);
  addBackupCommands(program);
  addOverrideCommands(parent('override', 'Force endpoints or pools in, out or into maintenance'));
  addTokenCommands(parent('token', 'Create, list, verify, delete and hash tokens'));
  program.commandsGroup('Look into a running server:');
  leaf(program, 'health', 'Show the results of a pool in each region', 'health web')
    .argument('<pool>', nameOrIdentifier(POOLS))
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const pool = await objectCalled(POOLS, client, called);
      const [found, inForce] = await Promise.all([healthOf(client, pool), overridesInForce(client)]);
      print(found, options, (shown) => healthText(shown, found.envelope, pool, inForce));
    });
  leaf(program, 'explain', 'Explain why a name has its answer', 'explain web.pools.example.com AAAA')
    .argument('<name>', 'Domain name')
    .argument('[type]', 'Type of records, such as AAAA, MX or TXT (default: A)')
    .option('--client <address>', 'Address of the client that sends the query')
    .option(
      '--ecs <prefix>',
      'Client subnet in the query, such as 192.0.2.0/24; an address alone is its /24, or /56 of IPv6',
    )
    .option(
      '--what-if <endpoint:state...>',
      'Suppose results of its checks, such as web-1:unhealthy or eu/web-2:healthy',
    )
    .option('--if <pool=state...>', 'Suppose results of all checks of a pool, such as eu=down or us=up')
    .option('--place <place>', 'Suppose where the client is: WEU, DE, US-CA or 50.1,8.7')
    .action(async (name: string, type: string | undefined, options: Shared & ExplainOptions) => {
      const asked = { ...options, ...(type ? { type } : {}) };
      print(await explain(clientOf(options), name, asked), options, explainText);
    });
  addSearchCommand(program);
  addCountriesCommand(program);
  addPreviewCommand(program);
  addEventsCommand(program);
  addNodeCommands(program);
  addReloadCommand(program);
  addNotificationCommands(parent('notifications', 'Test notifications', 'test'));
}

function addDocumentCommands(program: Command): void {
  writingLeaf(
    program,
    'apply',
    'Make monitors, monitor groups, zones, records, pools and load balancers equal to a document',
    'apply --file pools.yaml --dry-run',
  )
    .requiredOption('-f, --file <file>', 'YAML or JSON file; - is standard input')
    .option('--dry-run', 'Show the changes without making them')
    .option(
      '--prune',
      'Delete what is not in the document; load balancers, zones, and records of a zone only if it lists any',
    )
    .action(async (options: Writing & ApplyOptions) => {
      const client = clientOf(options);
      const applied = await apply(client, options);
      print(applied, options, appliedText);
      printMessages(applied.envelope);
      await waitAsAsked(client, applied.result.revision ?? undefined, options);
    });
  leaf(
    program,
    'export',
    'Export all monitors, groups, zones, records, pools and load balancers for apply',
    'export > pools.yaml',
  ).action(async (options: Shared) => {
    const answer = await exported(clientOf(options));
    print(answer, options, formatYaml);
    printMessages(answer.envelope);
  });
}

function addNodeCommands(program: Command): void {
  leaf(program, 'nodes', 'List live nodes and the revision that each serves', 'nodes').action(
    async (options: Shared) =>
      print(await clientOf(options).ask<NodeShown[]>('GET', '/lifeguard/v1/nodes'), options, nodeTable),
  );
  leaf(program, 'workers', 'List live workers', 'workers').action(async (options: Shared) =>
    print(await clientOf(options).ask<WorkerShown[]>('GET', '/lifeguard/v1/workers'), options, workerTable),
  );
  leaf(program, 'regions', 'List regions with live workers', 'regions').action(async (options: Shared) =>
    print(await clientOf(options).ask<RegionShown[]>('GET', '/lifeguard/v1/regions'), options, regionTable),
  );
  addWaitCommand(program);
}

function addOverrideCommands(parent: Command): void {
  writingLeaf(
    parent,
    'set',
    'Force an endpoint or a whole pool in, out or into maintenance',
    'override set out web -e web-2 -r "disk is full" --for 2h',
  )
    .addArgument(new Argument('<action>', 'State to force').choices(OVERRIDE_ACTIONS))
    .argument('<pool>', nameOrIdentifier(POOLS))
    .option('-e, --endpoint <name>', 'Endpoint (default: the whole pool)')
    .requiredOption('-r, --reason <text>', 'Reason')
    .option('-o, --owner <name>', 'Person who can be asked about it (default: your user name)')
    .option('--start <time>', 'Start in RFC 3339, such as 2030-01-31T12:00:00Z (default: now)')
    .option('--end <time>', 'End in RFC 3339 (default: until you clear it)')
    .addOption(
      new Option('--for <time>', 'Length, such as 30m, 2h or 1d, instead of --end')
        .argParser(durationMs)
        .conflicts('end'),
    )
    .option('--replace', 'Replace the present override of the endpoint or pool')
    .action(async (action: string, pool: string, options: Writing & SetOptions) => {
      const client = clientOf(options);
      const made = await setOverride(client, action, pool, options, Date.now());
      await printWritten(client, made, options, (one) => overrideTable([one]));
    });
  writingLeaf(
    parent,
    'clear',
    'Delete an override, so that the checks decide again',
    'override clear web -e web-2',
  )
    .argument('<pool>', nameOrIdentifier(POOLS))
    .option('-e, --endpoint <name>', 'Endpoint (default: the override of the whole pool)')
    .action(async (pool: string, options: Writing & { endpoint?: string }) => {
      const client = clientOf(options);
      const cleared = await clearOverride(client, pool, options.endpoint);
      await printWritten(client, cleared, options, clearedText);
    });
  leaf(parent, 'list', 'List overrides', 'override list')
    .option('--pool <pool>', 'Only overrides of this pool: name or identifier')
    .action(async (options: Shared & { pool?: string }) =>
      print(await overrides(clientOf(options), options.pool), options, overrideTable),
    );
}
