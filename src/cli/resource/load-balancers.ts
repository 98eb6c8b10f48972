import { type Command, InvalidArgumentError } from 'commander';
import { isObjectId } from '../../admin/schema/object-id.ts';
import { ALL_DOWN_TEXTS } from '../../event/load-balancer-report.ts';
import { STEERING_POLICIES } from '../../load-balancer/load-balancer.ts';
import { ALL_DOWN, type AllDown } from '../../pool/steering/all-down.ts';
import { accountPath } from '../account.ts';
import { type ApiClient, clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { field, numberIn, wordsIn, yesOrNo } from '../fields.ts';
import { percentText } from '../health/steering.ts';
import {
  addWritingCommands,
  type Body,
  nameOrIdentifier,
  type ObjectKind,
  objectCalled,
} from '../objects.ts';
import { print, table } from '../print.ts';
import { POOLS } from './pools.ts';

/** The properties of a load balancer in the API that are used here. */
interface LoadBalancerShown {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly steering_policy: string;
  readonly default_pools: readonly string[];
  readonly ttl?: number | null;
}

/** The state of a load balancer in the API. */
interface HealthShown {
  readonly id: string;
  readonly name: string;
  readonly policy: string;
  readonly state: string;
  readonly fallback: boolean;
  /** Absent from older servers. */
  readonly all_down?: AllDown | null;
  readonly pools: readonly PoolInUse[];
  readonly pools_total: number;
}

interface PoolInUse {
  readonly id: string;
  readonly name: string | null;
  readonly usable: boolean;
  readonly status: string;
  readonly answered_endpoints: number;
  readonly minimum_origins: number;
  readonly fallback: boolean;
  readonly answers: boolean;
  readonly share: number | null;
}

/** Load balancers on the command line. */
const LOAD_BALANCERS: ObjectKind<LoadBalancerShown> = {
  noun: 'load balancer',
  searchedAs: 'load_balancer',
  pathOf,
  naming: { argument: 'name', key: 'name', of: ({ name }) => name },
  fields: () => [
    field('name', '--name <name>', 'Its full host name, in a zone of the server'),
    field(
      'default_pools',
      '-p, --pools <pools>',
      'Pools in the order of preference, comma-separated',
      wordsIn,
    ),
    field('fallback_pool', '--fallback <pool>', 'Pool that answers when no other can, whatever its health'),
    field(
      'steering_policy',
      '--policy <policy>',
      'How it chooses among its pools (default: geo where a map names pools, else off)',
      STEERING_POLICIES,
    ),
    field(
      'random_steering',
      '--weight <pool=weight>',
      'Weight of a pool from 0 to 1; repeat for each',
      weightIn,
    ),
    field(
      'country_pools',
      '--country <code=pools>',
      'Pools of a country, such as DE=eu,us; repeat for each',
      mapIn,
    ),
    field(
      'region_pools',
      '--region <code=pools>',
      'Pools of a region, such as WEU=eu,us; repeat for each',
      mapIn,
    ),
    field('pop_pools', '--site <code=pools>', 'Pools of the site of a node; repeat for each', mapIn),
    field('ttl', '--ttl <seconds>', 'TTL of its answers (default: 30)', numberIn),
    field(
      'answer_addresses_max',
      '--addresses-max <count>',
      'Maximum number of addresses of a family in an answer; 0: what the pool says (default: 0)',
      numberIn,
    ),
    field(
      'all_down',
      '--all-down <answer>',
      'What the fallback pool answers without a healthy endpoint (default: all)',
      ALL_DOWN,
    ),
    field('description', '--description <text>', 'Free text'),
    field('enabled', '--enabled <yes|no>', 'Whether it answers (default: yes)', yesOrNo),
  ],
  resolved: withPoolIds,
  table: loadBalancerTable,
  text: (one) => loadBalancerTable([one]),
};

/** Adds the commands for load balancers. */
export function addLoadBalancerCommands(parent: Command): void {
  leaf(
    parent,
    'list',
    'List all load balancers with their states, and which pools answer now',
    'lb list',
  ).action(async (options: Shared) => {
    const client = clientOf(options);
    print(await client.list<HealthShown>('/lifeguard/v1/load_balancers/health'), options, healthTable);
  });
  leaf(
    parent,
    'get',
    'Show the state of a load balancer, its pools in order, and the share that each answers',
    'lb get www.example.com',
  )
    .argument('<name>', nameOrIdentifier(LOAD_BALANCERS))
    .action(async (called: string, options: Shared) => {
      const client = clientOf(options);
      const { id } = await objectCalled(LOAD_BALANCERS, client, called);
      const path = `${await pathOf(client)}/${id}`;
      const found = await client.ask<LoadBalancerShown>('GET', path);
      const health = await client.call<HealthShown>('GET', `${path}/health`);
      print(found, options, (one) => `${loadBalancerTable([one])}\n${healthText(health)}`);
    });
  addWritingCommands(parent, LOAD_BALANCERS, {
    name: 'www.example.com',
    create: '--pools eu,us --fallback us',
    update: '--policy random --weight eu=0.8 --weight us=0.2',
  });
}

async function pathOf(client: ApiClient): Promise<string> {
  return `${await accountPath(client)}/load_balancers`;
}

function weightIn(
  text: string,
  before: { readonly pool_weights: Readonly<Record<string, number>> } = { pool_weights: {} },
): typeof before {
  const [, pool, weight] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (pool === undefined || weight === undefined)
    throw new InvalidArgumentError('It must be a pool and its weight, such as eu=0.5.');
  return { pool_weights: { ...before.pool_weights, [pool]: numberIn(weight) } };
}

function mapIn(
  text: string,
  before: Readonly<Record<string, readonly string[]>> = {},
): Readonly<Record<string, readonly string[]>> {
  const [, code, pools] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (code === undefined || pools === undefined)
    throw new InvalidArgumentError('It must be a code and pools, such as DE=eu,us.');
  return { ...before, [code]: wordsIn(pools) };
}

/** Puts identifiers in the place of the names of pools. What is no name the server refuses, with a pointer. */
async function withPoolIds(client: ApiClient, body: Body): Promise<Body> {
  const known = new Map<string, Promise<string>>();
  const idOf = (name: string) =>
    known.getOrInsertComputed(name, async () => (await objectCalled(POOLS, client, name)).id);
  const resolved = async (value: unknown): Promise<unknown> => {
    if (typeof value === 'string') return value === '' || isObjectId(value) ? value : idOf(value);
    if (Array.isArray(value)) return Promise.all(value.map(resolved));
    if (typeof value !== 'object' || value === null) return value;
    const entries = Object.entries(value).map(async ([key, each]) => [key, await resolved(each)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  const given = Object.entries(body).map(async ([key, value]) => {
    if (POOL_FIELDS.includes(key)) return [key, await resolved(value)] as const;
    return [key, key === 'random_steering' ? await withWeights(value, idOf) : value] as const;
  });
  return Object.fromEntries(await Promise.all(given));
}

const POOL_FIELDS = ['default_pools', 'fallback_pool', 'country_pools', 'region_pools', 'pop_pools'];

async function withWeights(value: unknown, idOf: (name: string) => Promise<string>): Promise<unknown> {
  const { pool_weights: weights } = { pool_weights: undefined, ...(value as object | null) };
  if (typeof weights !== 'object' || weights === null) return value;
  const entries = Object.entries(weights).map(
    async ([pool, weight]) => [isObjectId(pool) ? pool : await idOf(pool), weight] as const,
  );
  return { ...(value as object), pool_weights: Object.fromEntries(await Promise.all(entries)) };
}

/** Formats load balancers, one on each line. */
function loadBalancerTable(all: readonly LoadBalancerShown[]): string {
  return table(
    ['name', 'id', 'enabled', 'policy', 'ttl'],
    all.map(({ name, id, enabled, steering_policy: policy, ttl }) => [name, id, enabled, policy, ttl]),
  );
}

/** Formats states, one on each line. */
function healthTable(all: readonly HealthShown[]): string {
  return table(
    ['name', 'state', 'policy', 'pools', 'answers now'],
    all.map((each) => [each.name, each.state, each.policy, poolsText(each), answersText(each)]),
  );
}

function poolsText({ pools, pools_total: total }: HealthShown): string {
  const names = pools.map((pool) => (pool.fallback ? `${nameOf(pool)} (fallback)` : nameOf(pool)));
  return [...names, ...(total > pools.length ? [`and ${total - pools.length} more`] : [])].join(', ');
}

/** Says which pools answer where no map, rule or pool set decides otherwise, and with which shares. */
function answersText({ pools, fallback, all_down: allDown, state }: HealthShown): string {
  if (state === 'disabled') return 'nothing: it is disabled';
  const answering = pools.filter(({ answers }) => answers);
  if (fallback)
    return `fallback ${answering.map(nameOf).join(', ')}${allDown ? ` (${ALL_DOWN_TEXTS[allDown]})` : ''}`;
  if (answering.length <= 1) return answering.map(nameOf).join('');
  return answering
    .map((pool) => (pool.share === null ? nameOf(pool) : `${nameOf(pool)} ${percentText(pool.share)}`))
    .join(', ');
}

function nameOf({ name, id }: PoolInUse): string {
  return name ?? id;
}

function healthText(health: HealthShown): string {
  const rows = health.pools.map((pool, index) => [
    index + 1,
    pool.name ?? pool.id,
    pool.usable,
    `${pool.status.replaceAll('_', ' ')}`,
    `${pool.answered_endpoints} of at least ${pool.minimum_origins}`,
    pool.fallback,
    pool.answers,
    pool.share === null ? 'by place' : percentText(pool.share),
  ]);
  const columns = ['order', 'pool', 'usable', 'status', 'endpoints', 'fallback', 'answers', 'share'];
  return `${health.state}: answers now with ${answersText(health)}\n${table(columns, rows)}`;
}
