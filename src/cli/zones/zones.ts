import { type Command, InvalidArgumentError } from 'commander';
import { UNKNOWN_TIME } from '../../admin/accounts/account.ts';
import { ZONE_TYPES } from '../../zone/authored-zone.ts';
import { clientOf } from '../api.ts';
import { leaf, printWritten, type Shared, type Writing, writingLeaf } from '../command.ts';
import {
  addFields,
  bodyOf,
  field,
  namingOptions,
  nothingToChange,
  numberIn,
  repeated,
  wordsIn,
  yesOrNo,
} from '../fields.ts';
import type { Body } from '../objects.ts';
import { print, shown, type TableValue, table } from '../print.ts';
import { ZONES, type ZoneShown, zoneCalled } from './zone-called.ts';

/** Adds the commands for zones. */
export function addZoneCommands(parent: Command): void {
  const called = 'Name or identifier of the zone';
  leaf(
    parent,
    'list',
    'List all zones, including those of the configuration file',
    'zones list --name example',
  )
    .option('--name <text>', 'Only zones whose name contains this text')
    .action(async (options: Shared & { readonly name?: string }) => {
      const query =
        options.name === undefined ? '' : `?${new URLSearchParams({ 'name.contains': options.name })}`;
      print(await clientOf(options).list<ZoneShown>(`${ZONES}${query}`), options, zoneTable);
    });
  leaf(parent, 'get', 'Show a zone', 'zones get lb.example.net')
    .argument('<zone>', called)
    .action(async (name: string, options: Shared) => {
      const client = clientOf(options);
      const { id } = await zoneCalled(client, name);
      print(await client.ask<ZoneShown>('GET', `${ZONES}/${id}`), options, (zone) => zoneTable([zone]));
    });
  writingLeaf(
    parent,
    'create',
    'Create a zone with the name servers of the first zone in the configuration file',
    'zones create lb.example.net',
  )
    .argument('<zone>', 'Name of the zone')
    .action(async (name: string, options: Writing) => {
      const client = clientOf(options);
      const body = { name };
      const answer = await client
        .ask<ZoneShown>('POST', ZONES, { body })
        .catch(namingOptions({}, [], body, 'name'));
      await printWritten(client, answer, options, (zone) => zoneTable([zone]));
    });
  const properties = [
    field('paused', '--paused <yes|no>', 'Stored, but has no effect', yesOrNo),
    field('type', '--type <type>', 'Stored, but has no effect', ZONE_TYPES),
    field(
      'vanity_name_servers',
      '--vanity-name-servers <names>',
      'Comma-separated names; stored, but have no effect',
      wordsIn,
    ),
  ];
  addFields(
    writingLeaf(
      parent,
      'update',
      'Change properties of a zone that are stored only; "zones settings" has those with an effect',
      'zones update lb.example.net --paused yes',
    ),
    properties,
  )
    .argument('<zone>', called)
    .action(async (name: string, options: Writing) => {
      const client = clientOf(options);
      const body = bodyOf({ ...options }, properties, 'zone');
      if (Object.keys(body).length === 0) throw nothingToChange();
      const path = `${ZONES}/${(await zoneCalled(client, name)).id}`;
      const answer = await client
        .ask<ZoneShown>('PATCH', path, { body })
        .catch(namingOptions({ ...options }, properties, body));
      await printWritten(client, answer, options, (zone) => zoneTable([zone]));
    });
  writingLeaf(parent, 'delete', 'Delete a zone with its records', 'zones delete lb.example.net')
    .argument('<zone>', called)
    .action(async (name: string, options: Writing) => {
      const client = clientOf(options);
      const zone = await zoneCalled(client, name);
      const path = `${ZONES}/${zone.id}`;
      const { envelope } = await client.ask<object>('GET', `${path}/dns_records?per_page=1`);
      const records = (envelope as Counted).result_info?.total_count ?? 0;
      const answer = await client.ask<object>('DELETE', path);
      await printWritten(
        client,
        answer,
        options,
        () => `Deleted zone "${zone.name}" with ${countText(records)}.\n`,
      );
    });

  const fields = [
    field('ttl', '--ttl <seconds>', 'TTL of its SOA and NS records', numberIn),
    field(
      'soa',
      '--soa <properties>',
      'SOA, such as mname=ns1.example.net,rname=hostmaster.example.net,minimum=10; replaces all of them; "" is the defaults',
      soaIn,
    ),
    field('pools', '--pools <name>', 'Name below which pools are answered, relative to the zone; "" is none'),
    field('pool_ttl', '--pool-ttl <seconds>', 'TTL of the answers of pools', numberIn),
    field(
      'ns',
      '--ns <server>',
      'Name server: name, or name=address,address inside the zone; repeat for each; replaces all name servers',
      repeated(nameServerIn),
    ),
  ];
  addFields(
    writingLeaf(
      parent,
      'settings',
      'Show the TTL, name servers and pools of a zone; with options, change them',
      'zones settings lb.example.net --pool-ttl 10',
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
          : await client
              .ask<Body>('PATCH', path, { body })
              .catch(namingOptions({ ...options }, fields, body));
      await printWritten(client, answer, options, settingsText);
    });
}

/** The count in the answer of a list. */
interface Counted {
  readonly result_info?: { readonly total_count?: number };
}

function countText(records: number): string {
  return records === 1 ? '1 record' : `${records === 0 ? 'no' : records} records`;
}

function nameServerIn(text: string): Body {
  const [, name, addresses] = /^([^=]+)(?:=(.+))?$/.exec(text) ?? [];
  if (name === undefined) throw new InvalidArgumentError('It must be a name, or name=address,address.');
  return addresses === undefined ? { name } : { name, addresses: addresses.split(',') };
}

/** Parses properties of an SOA record, comma-separated; an empty text is null. Throws InvalidArgumentError. */
function soaIn(text: string): Body | null {
  if (text === '') return null;
  const properties = text.split(',').map((pair) => {
    const [, key, value] = /^(mname|rname|ttl|refresh|retry|expire|minimum)=(.+)$/.exec(pair.trim()) ?? [];
    if (key === undefined || value === undefined)
      throw new InvalidArgumentError(
        `"${pair}" is not mname=, rname=, ttl=, refresh=, retry=, expire= or minimum= with a value.`,
      );
    return [key, key.endsWith('name') ? value : numberIn(value)];
  });
  return Object.fromEntries(properties);
}

/** Returns when a zone was changed last; undefined for a zone of the configuration file. */
function modifiedOn({ modified_on: time }: ZoneShown): string | undefined {
  return time === UNKNOWN_TIME ? undefined : time;
}

function zoneTable(all: readonly ZoneShown[]): string {
  return table(
    ['name', 'id', 'name servers', 'source', 'modified'],
    all.map((zone) => {
      const time = modifiedOn(zone);
      const source = time === undefined ? 'configuration' : 'api';
      return [zone.name, zone.id, zone.name_servers.join(' '), source, time];
    }),
  );
}

function settingsText(settings: Body): string {
  const rows = Object.entries(settings).map(([setting, value]) => [
    setting,
    typeof value === 'object' && value !== null ? JSON.stringify(value) : shown(value as TableValue),
  ]);
  return table(['setting', 'value'], rows);
}
