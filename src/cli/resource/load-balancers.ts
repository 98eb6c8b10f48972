import type { Command } from 'commander';
import { withRenamedPools } from '../../admin/load-balancers/renamed-pools.ts';
import { isObjectId } from '../../admin/schema/object-id.ts';
import { ALL_DOWN_TEXTS } from '../../event/load-balancer-report.ts';
import { effectivePolicy, LOAD_BALANCER_DEFAULTS } from '../../load-balancer/load-balancer.ts';
import type { AllDown } from '../../pool/steering/all-down.ts';
import { accountPath } from '../account.ts';
import { type ApiClient, clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { percentText } from '../health/steering.ts';
import {
  addWritingCommands,
  type Body,
  nameOrIdentifier,
  namesById,
  type ObjectKind,
  objectCalled,
} from '../objects.ts';
import { print, table } from '../print.ts';
import { loadBalancerFields } from './load-balancer-fields.ts';
import { hasLists, type ListsShown, listsTable } from './load-balancer-lists.ts';
import { POOLS } from './pools.ts';

/** The properties of a load balancer in the API that are used here. */
interface LoadBalancerShown extends ListsShown {
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
  fields: loadBalancerFields,
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
      const names = hasLists(found.result) ? await namesById(POOLS, client) : new Map<string, string>();
      const lists = (one: LoadBalancerShown) =>
        hasLists(one) ? `\n${listsTable(one, (pool) => names.get(pool) ?? pool)}` : '';
      print(found, options, (one) => `${loadBalancerTable([one])}\n${healthText(health)}${lists(one)}`);
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

/** Puts identifiers in the place of the names of pools. What is no name the server refuses, with a pointer. */
async function withPoolIds(client: ApiClient, body: Body): Promise<Body> {
  const names = new Set<string>();
  withRenamedPools(body, (name) => {
    if (name !== '' && !isObjectId(name)) names.add(name);
    return name;
  });
  const found = [...names].map(async (name) => [name, (await objectCalled(POOLS, client, name)).id] as const);
  const ids = new Map(await Promise.all(found));
  return withRenamedPools(body, (name) => ids.get(name) ?? name);
}

/** Formats load balancers, one on each line, with what holds where a property is absent. */
function loadBalancerTable(all: readonly LoadBalancerShown[]): string {
  return table(
    ['name', 'id', 'enabled', 'policy', 'ttl'],
    all.map((each) => [
      each.name,
      each.id,
      each.enabled,
      policyText(each),
      each.ttl ?? `${LOAD_BALANCER_DEFAULTS.ttlSeconds} (default)`,
    ]),
  );
}

/** Says by which policy a load balancer steers, and whether it chose none itself. */
function policyText(each: LoadBalancerShown): string {
  const { steering_policy: policy, region_pools: regionPools, country_pools: countryPools } = each;
  if (policy) return policy;
  const maps = { regionPools, countryPools, popPools: each.pop_pools } as Parameters<
    typeof effectivePolicy
  >[0];
  return `${effectivePolicy(maps)} (default)`;
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
