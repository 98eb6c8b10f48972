import { Option } from 'commander';
import { noEndpointWords } from '../../admin/pools/no-such.ts';
import { isObjectId } from '../../admin/schema/object-id.ts';
import type { ApiClient } from '../api.ts';
import { endpointIn, field, numberIn, repeated, wordsIn, yesOrNo } from '../fields.ts';
import { type Amended, LOAD_BALANCERS, type ObjectKind, objectCalled } from '../objects.ts';
import { table } from '../print.ts';
import { GROUPS } from './groups.ts';
import { MONITORS } from './monitors.ts';

const PATH = `${LOAD_BALANCERS}/pools`;

/** The properties of a pool in the API that are used here. */
export interface PoolShown {
  readonly id: string;
  readonly name: string;
  readonly healthy?: boolean;
  readonly enabled: boolean;
  readonly monitor?: string | null;
  readonly monitor_group?: string | null;
  readonly origins: readonly {
    readonly name: string;
    readonly address: string;
    readonly enabled: boolean;
    readonly weight: number;
    readonly healthy?: boolean;
    readonly failure_reason?: string;
  }[];
}

/** Pools on the command line. */
export const POOLS: ObjectKind<PoolShown> = {
  noun: 'pool',
  searchedAs: 'pool',
  pathOf: async () => PATH,
  naming: { argument: 'pool', key: 'name', of: ({ name }) => name },
  fields: () => [
    field('name', '--name <label>', 'Label of the DNS name at which it is answered'),
    field(
      'origins',
      '-e, --endpoint <endpoint>',
      'name=address[,port=…][,weight=…][,enabled=…][,host=…]; repeat for each endpoint; replaces all endpoints',
      repeated(endpointIn),
    ),
    field('description', '--description <text>', 'Free text'),
    field('enabled', '--enabled <yes|no>', 'Whether it is checked and answered (default: yes)', yesOrNo),
    field('monitor', '--monitor <monitor>', 'Description or identifier of its monitor; "" is none'),
    field(
      'monitor_group',
      '--monitor-group <group>',
      'Description or identifier of its monitor group; "" is none',
    ),
    field(
      'minimum_origins',
      '--minimum-origins <count>',
      'Minimum number of healthy endpoints for it to be healthy (default: 1)',
      numberIn,
    ),
    field(
      'check_regions',
      '--check-regions <codes>',
      'Regions that check it, comma-separated; "" is all (default: all)',
      wordsIn,
    ),
  ],
  async resolved(client, body) {
    const { monitor, monitor_group: group } = body;
    return {
      ...body,
      ...(isName(monitor) ? { monitor: (await objectCalled(MONITORS, client, monitor)).id } : {}),
      ...(isName(group) ? { monitor_group: (await objectCalled(GROUPS, client, group)).id } : {}),
    };
  },
  amending: {
    options: [
      new Option(
        '--add <endpoint>',
        'Add an endpoint, or replace the one with this name; repeat for each',
      ).argParser(repeated(endpointIn)),
      new Option('--remove <name>', 'Remove the endpoint with this name; repeat for each').argParser(
        repeated((name) => name),
      ),
    ],
    amend: amendEndpoints,
  },
  table: poolTable,
  text: poolText,
};

/** Adds endpoints to the present ones of a pool and removes others. The entity tag makes the write fail when somebody else changes the pool meanwhile. */
async function amendEndpoints(
  client: ApiClient,
  { id }: PoolShown,
  { add = [], remove = [] }: { readonly add?: readonly Named[]; readonly remove?: readonly string[] },
): Promise<Amended> {
  if (add.length === 0 && remove.length === 0) return { body: {}, ifMatch: undefined };
  const { result, etag } = await client.ask<PoolShown>('GET', `${PATH}/${id}`);
  const unknown = remove.find((name) => !result.origins.some((each) => isCalled(each, name)));
  if (unknown !== undefined)
    throw client.missing(
      noEndpointWords(
        result.name,
        result.origins.map(({ name }) => name),
        unknown,
      ),
    );
  const kept = result.origins.filter((each) => !remove.some((name) => isCalled(each, name)));
  const replaced = kept.map((each) => add.find(({ name }) => isCalled(each, name)) ?? each);
  const added = add.filter(({ name }) => !kept.some((each) => isCalled(each, name)));
  return { body: { origins: [...replaced, ...added] }, ifMatch: etag };
}

interface Named {
  readonly name: string;
}

const isCalled = (endpoint: Named, name: string) => endpoint.name.toLowerCase() === name.toLowerCase();
const isName = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && !isObjectId(value);

/** Formats pools, one on each line. */
function poolTable(all: readonly PoolShown[]): string {
  return table(
    ['name', 'id', 'healthy', 'enabled', 'endpoints', 'monitor'],
    all.map((pool) => [
      pool.name,
      pool.id,
      pool.healthy,
      pool.enabled,
      pool.origins.length,
      pool.monitor || pool.monitor_group,
    ]),
  );
}

/** Formats a pool and its endpoints. */
function poolText(pool: PoolShown): string {
  const endpoints = pool.origins.map(
    ({ name, address, enabled, weight, healthy, failure_reason: reason }) => [
      name,
      address,
      enabled,
      weight,
      healthy,
      reason,
    ],
  );
  return `${poolTable([pool])}\n${table(['endpoint', 'address', 'enabled', 'weight', 'healthy', 'reason'], endpoints)}`;
}
