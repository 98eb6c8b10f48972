import { Option } from 'commander';
import { noEndpointWords } from '../../admin/pools/no-such.ts';
import { isObjectId } from '../../admin/schema/object-id.ts';
import type { ApiClient } from '../api.ts';
import { endpointIn, field, numberIn, repeated, wordsIn, yesOrNo } from '../fields.ts';
import { type Amended, LOAD_BALANCERS, namesById, type ObjectKind, objectCalled } from '../objects.ts';
import { table } from '../print.ts';
import { GROUPS } from './groups.ts';
import { MONITORS } from './monitors.ts';
import { type ActiveOverrides, activeOverrides, overridesInForce } from './overrides.ts';

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
  table: (all) => poolTable(all, NOTHING),
  text: (one) => poolText(one, NOTHING),
  async beside(client) {
    const beside = await besidePools(client);
    return { table: (all) => poolTable(all, beside), text: (one) => poolText(one, beside) };
  },
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

/** What other objects say of pools. */
interface Beside {
  /** Descriptions of monitors and of monitor groups, by identifier. */
  readonly names: ReadonlyMap<string, string>;
  readonly overrides: ActiveOverrides;
}
const NOTHING: Beside = { names: new Map(), overrides: activeOverrides([]) };

/** Reads what other objects say of pools. What the token may not read is left out. */
async function besidePools(client: ApiClient): Promise<Beside> {
  const [monitors, groups, overrides] = await Promise.all([
    namesById(MONITORS, client).catch(() => NOTHING.names),
    GROUPS.pathOf(client)
      .then((path) => client.call<readonly { id: string; description?: string }[]>('GET', path))
      .catch(() => []),
    overridesInForce(client),
  ]);
  const named = groups.map(({ id, description = '' }) => [id, description] as const);
  return { names: new Map([...monitors, ...named]), overrides };
}

/** Formats pools, one on each line. The column of overrides is there where one of them has any. */
function poolTable(all: readonly PoolShown[], { names, overrides }: Beside): string {
  const inForce = all.map(({ name }) => overrides.inWords(name));
  const hasOverrides = inForce.some((each) => each !== undefined);
  const columns = ['name', 'id', 'healthy', ...(hasOverrides ? ['override'] : [])];
  return table(
    [...columns, 'enabled', 'endpoints', 'monitor'],
    all.map((pool, i) => {
      const monitor = pool.monitor || pool.monitor_group;
      return [
        pool.name,
        pool.id,
        pool.healthy,
        ...(hasOverrides ? [inForce[i]] : []),
        pool.enabled,
        pool.origins.length,
        monitor && (names.get(monitor) || monitor),
      ];
    }),
  );
}

/** Formats a pool and its endpoints. */
function poolText(pool: PoolShown, beside: Beside): string {
  const hasOverrides = beside.overrides.inWords(pool.name) !== undefined;
  const endpoints = pool.origins.map(
    ({ name, address, enabled, weight, healthy, failure_reason: reason }) => [
      name,
      address,
      enabled,
      weight,
      healthy,
      ...(hasOverrides ? [beside.overrides.of(pool.name, name)] : []),
      reason,
    ],
  );
  const columns = ['endpoint', 'address', 'enabled', 'weight', 'healthy'];
  const all = [...columns, ...(hasOverrides ? ['override'] : []), 'reason'];
  return `${poolTable([pool], beside)}\n${table(all, endpoints)}`;
}
