import { type Command, InvalidArgumentError } from 'commander';
import { UNKNOWN_TIME } from '../../admin/accounts/account.ts';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import { ZONE_TYPES } from '../../zone/authored-zone.ts';
import { type ApiClient, clientOf } from '../api.ts';
import { leaf, printWritten, type Shared, type Writing, writingLeaf } from '../command.ts';
import {
  addFields,
  bodyOf,
  field,
  nothingToChange,
  numberIn,
  repeated,
  wordsIn,
  yesOrNo,
} from '../fields.ts';
import type { Body } from '../objects.ts';
import { print, shown, type TableValue, table } from '../print.ts';

const ZONES = '/client/v4/zones';

/** A zone as the API shows it, as far as it is looked into here. */
interface ZoneShown {
  readonly id: string;
  readonly name: string;
  readonly name_servers: readonly string[];
  readonly modified_on: string;
}

/** Adds the commands of zones. */
export function addZoneCommands(parent: Command): void {
  const called = 'name or identifier';
  leaf(parent, 'list', 'every zone, those of the configuration file too').action(async (options: Shared) =>
    print(await clientOf(options).list<ZoneShown>(ZONES), options, zoneTable),
  );
  leaf(parent, 'get', 'one zone')
    .argument('<zone>', called)
    .action(async (name: string, options: Shared) => {
      const client = clientOf(options);
      const { id } = await zoneCalled(client, name);
      print(await client.ask<ZoneShown>('GET', `${ZONES}/${id}`), options, (zone) => zoneTable([zone]));
    });
  writingLeaf(parent, 'create', 'make a zone, with the name servers of the first zone of the file')
    .argument('<zone>', 'name')
    .action(async (name: string, options: Writing) => {
      const client = clientOf(options);
      const answer = await client.ask<ZoneShown>('POST', ZONES, { body: { name } });
      await printWritten(client, answer, options, (zone) => zoneTable([zone]));
    });
  const properties = [
    field('paused', '--paused <yes|no>', 'kept, without effect', yesOrNo),
    field('type', '--type <type>', 'kept, without effect', ZONE_TYPES),
    field(
      'vanity_name_servers',
      '--vanity-name-servers <names>',
      'with commas between them; kept, without effect',
      wordsIn,
    ),
  ];
  addFields(
    writingLeaf(parent, 'update', 'change what is given of a zone; what has an effect is under settings'),
    properties,
  )
    .argument('<zone>', called)
    .action(async (name: string, options: Writing) => {
      const client = clientOf(options);
      const body = bodyOf({ ...options }, properties, 'zone');
      if (Object.keys(body).length === 0) throw nothingToChange();
      const path = `${ZONES}/${(await zoneCalled(client, name)).id}`;
      const answer = await client.ask<ZoneShown>('PATCH', path, { body });
      await printWritten(client, answer, options, (zone) => zoneTable([zone]));
    });
  writingLeaf(parent, 'delete', 'end a zone')
    .argument('<zone>', called)
    .action(async (name: string, options: Writing) => {
      const client = clientOf(options);
      const zone = await zoneCalled(client, name);
      const answer = await client.ask<object>('DELETE', `${ZONES}/${zone.id}`);
      await printWritten(client, answer, options, () => `zone ${zone.name} deleted\n`);
    });

  const fields = [
    field('ttl', '--ttl <seconds>', 'of its SOA and NS', numberIn),
    field('pools', '--pools <name>', 'where pools answer, relative to the zone; empty: nowhere'),
    field('pool_ttl', '--pool-ttl <seconds>', "of pools' answers", numberIn),
    field(
      'ns',
      '--ns <server>',
      'name, or name=address,address where it is in the zone; again for each: they are all it has then',
      repeated(nameServerIn),
    ),
  ];
  addFields(
    writingLeaf(
      parent,
      'settings',
      'what decides a SOA, NS and pools of a zone; changed where something is given',
    ),
    fields,
  )
    .argument('<zone>', called)
    .action(async (name: string, options: Writing) => {
      const client = clientOf(options);
      const given = bodyOf({ ...options }, fields, 'zone');
      const body = given.pools === '' ? { ...given, pools: null } : given;
      const path = `/lifeguard/v1/zones/${(await zoneCalled(client, name)).id}/settings`;
      const answer =
        Object.keys(body).length === 0
          ? await client.ask<Body>('GET', path)
          : await client.ask<Body>('PATCH', path, { body });
      await printWritten(client, answer, options, settingsText);
    });
}

async function zoneCalled(client: ApiClient, called: string): Promise<ZoneShown> {
  const wanted = called.toLowerCase().replace(/(?<=.)\.$/, '');
  const found = (await client.list<ZoneShown>(ZONES)).result.find(({ id, name }) =>
    [id, name].includes(wanted),
  );
  if (found === undefined) throw new OperatorError(`no zone is called ${called}`, ExitCode.NOT_FOUND);
  return found;
}

function nameServerIn(text: string): Body {
  const [, name, addresses] = /^([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It must be a name, or name=address,address.');
  return addresses === undefined ? { name } : { name, addresses: addresses.split(',') };
}

/** When somebody changed it; undefined: it is of the configuration file. */
function modifiedOn({ modified_on: time }: ZoneShown): string | undefined {
  return time === UNKNOWN_TIME ? undefined : time;
}

function zoneTable(all: readonly ZoneShown[]): string {
  return table(
    ['name', 'id', 'name servers', 'modified'],
    all.map((zone) => [zone.name, zone.id, zone.name_servers.join(' '), modifiedOn(zone)]),
  );
}

function settingsText(settings: Body): string {
  const rows = Object.entries(settings).map(([setting, value]) => [
    setting,
    typeof value === 'object' && value !== null ? JSON.stringify(value) : shown(value as TableValue),
  ]);
  return table(['setting', 'value'], rows);
}
