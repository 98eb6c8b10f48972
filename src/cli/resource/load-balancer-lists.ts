import { type TableValue, table } from '../print.ts';

/** The parts of a load balancer in the API that say which pools it has for which queries. */
export interface ListsShown extends Overrides {
  readonly country_pools?: PoolMap | null;
  readonly region_pools?: PoolMap | null;
  readonly pop_pools?: PoolMap | null;
  readonly rules?:
    | readonly {
        readonly name?: string | null;
        readonly condition?: string | null;
        readonly priority?: number | null;
        readonly disabled?: boolean | null;
        readonly terminates?: boolean | null;
        readonly fixed_response?: object | null;
        readonly overrides?: Overrides | null;
      }[]
    | null;
  readonly pool_sets?:
    | readonly {
        readonly name?: string | null;
        readonly disabled?: boolean | null;
        readonly match?: {
          readonly default?: boolean | null;
          readonly topology?: Readonly<
            Record<'pops' | 'countries' | 'regions', readonly string[] | null | undefined>
          > | null;
        } | null;
        readonly fixed_response?: object | null;
        readonly overrides?: Overrides | null;
      }[]
    | null;
}

type PoolMap = Readonly<Record<string, readonly string[]>>;

interface Overrides {
  readonly default_pools?: readonly string[] | null;
  readonly pools?: readonly string[] | null;
  readonly fallback_pool?: string | null;
  readonly steering_policy?: string | null;
  readonly pool_weights?: Readonly<Record<string, number>> | null;
  readonly random_steering?: { readonly pool_weights?: Readonly<Record<string, number>> | null } | null;
  readonly ttl?: number | null;
  readonly country_pools?: PoolMap | null;
  readonly region_pools?: PoolMap | null;
  readonly pop_pools?: PoolMap | null;
}

/** Whether a load balancer has more than its default list. */
export function hasLists({ country_pools, region_pools, pop_pools, rules, pool_sets }: ListsShown): boolean {
  return [country_pools, region_pools, pop_pools, rules, pool_sets].some(
    (part) => part != null && Object.keys(part).length > 0,
  );
}

/** Formats which pools a load balancer has for whom, in the order in which it looks: pool sets, rules, maps, the default list. */
export function listsTable(loadBalancer: ListsShown, nameOf: (id: string) => string): string {
  const { rules, pool_sets: sets } = loadBalancer;
  const pools = (list: readonly string[] | null | undefined) => list?.map(nameOf).join(', ') ?? null;
  const more = (overrides: Overrides | null | undefined, marks: readonly (string | false)[]) =>
    [...changesOf(overrides ?? {}, nameOf), ...marks.filter((mark) => mark !== false)].join(', ') || null;
  const rows: TableValue[][] = [
    ...(sets ?? []).map(({ name, disabled, match, fixed_response: fixed, overrides }, at) => [
      titled('pool set', at, name),
      placesOf(match),
      pools(overrides?.pools),
      more(overrides, [Boolean(fixed) && !overrides?.pools && 'no address', disabled === true && 'disabled']),
    ]),
    ...(rules ?? []).map((rule, at) => [
      titled('rule', at, rule.name),
      rule.condition || 'always',
      pools(rule.overrides?.pools ?? rule.overrides?.default_pools),
      more(rule.overrides, [
        Boolean(rule.priority) && `priority ${rule.priority}`,
        Boolean(rule.terminates || rule.fixed_response) && 'terminates',
        rule.disabled === true && 'disabled',
      ]),
    ]),
    ...mapsOf(loadBalancer).map(([what, list]) => [what, null, pools(list), null]),
    ['default', null, pools(loadBalancer.default_pools), null],
  ];
  return table(['list', 'for', 'pools', 'changes'], rows);
}

function titled(noun: string, at: number, name: string | null | undefined): string {
  return name ? `${noun} ${at + 1} "${name}"` : `${noun} ${at + 1}`;
}

function mapsOf({ pop_pools: sites, country_pools: countries, region_pools: regions }: Overrides) {
  return Object.entries({ site: sites, country: countries, region: regions }).flatMap(([noun, map]) =>
    Object.entries(map ?? {}).map(([code, list]) => [`${noun} ${code}`, list] as const),
  );
}

function placesOf(match: NonNullable<ListsShown['pool_sets']>[number]['match']): string {
  const { topology } = { topology: undefined, ...match };
  if (match?.default || !topology) return 'every place';
  const { pops, countries, regions } = topology;
  return [...(pops ?? []).map((code) => `site ${code}`), ...(countries ?? []), ...(regions ?? [])].join(', ');
}

/** What overrides change beside the list. */
function changesOf(overrides: Overrides, nameOf: (id: string) => string): string[] {
  const { steering_policy: policy, fallback_pool: fallback, ttl, pool_weights, random_steering } = overrides;
  const weights = Object.entries(pool_weights ?? random_steering?.pool_weights ?? {});
  const maps = mapsOf(overrides).map(([what]) => what);
  return [
    ...(policy ? [`policy ${policy}`] : []),
    ...weights.map(([id, weight]) => `${nameOf(id)} ${weight}`),
    ...(fallback ? [`fallback ${nameOf(fallback)}`] : []),
    ...(ttl ? [`TTL ${ttl} s`] : []),
    ...(maps.length > 0 ? [`maps of ${maps.join(', ')}`] : []),
  ];
}
