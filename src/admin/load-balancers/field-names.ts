import type {
  AnswerExtensions,
  InertFields,
  LoadBalancer,
  PoolSet,
  PoolSetOverrides,
  RandomSteering,
  Rule,
  RuleOverrides,
  Steering,
} from '../../load-balancer/load-balancer.ts';

/** What a field is called in the API, and how what is in it is called; absent: as it is. A list has the form of its members. */
interface NamedField {
  readonly name: string;
  readonly form?: Entries;
}

type Entries = Readonly<Record<string, string | NamedField>>;

/** How the fields of an object are called in the API. A field that has no name here does not compile. */
type Form<T> = { readonly [F in keyof T]-?: string | NamedField };

/** The fields of a load balancer that clients write, and that are kept as they are. */
export type Written = Omit<
  LoadBalancer,
  | 'id'
  | 'name'
  | 'zoneName'
  | 'zoneId'
  | 'leftZones'
  | 'description'
  | 'enabled'
  | 'proxied'
  | 'steeringPolicy'
  | 'createdOn'
  | 'modifiedOn'
>;

const RANDOM_STEERING: Form<RandomSteering> = {
  defaultWeight: 'default_weight',
  poolWeights: 'pool_weights',
};
const STEERING: Form<Omit<Steering, 'defaultPools' | 'fallbackPool' | 'steeringPolicy'>> = {
  regionPools: 'region_pools',
  countryPools: 'country_pools',
  popPools: 'pop_pools',
  randomSteering: { name: 'random_steering', form: RANDOM_STEERING },
  locationStrategy: {
    name: 'location_strategy',
    form: { mode: 'mode', preferEcs: 'prefer_ecs' } satisfies Form<NonNullable<Steering['locationStrategy']>>,
  },
  ttl: 'ttl',
};
const INERT: Form<InertFields> = {
  adaptiveRouting: 'adaptive_routing',
  sessionAffinity: 'session_affinity',
  sessionAffinityTtl: 'session_affinity_ttl',
  sessionAffinityAttributes: 'session_affinity_attributes',
};
const SET_OVERRIDES: Form<PoolSetOverrides> = {
  pools: 'pools',
  poolWeights: 'pool_weights',
  poolDefaultWeight: 'pool_default_weight',
  fallbackPool: 'fallback_pool',
  steeringPolicy: 'steering_policy',
};
const RULE_OVERRIDES: Form<RuleOverrides> = {
  defaultPools: 'default_pools',
  ...SET_OVERRIDES,
  ...STEERING,
  ...INERT,
};
const RULE: Form<Rule> = {
  name: 'name',
  condition: 'condition',
  priority: 'priority',
  disabled: 'disabled',
  terminates: 'terminates',
  fixedResponse: 'fixed_response',
  overrides: { name: 'overrides', form: RULE_OVERRIDES },
};
const POOL_SET: Form<PoolSet> = {
  name: 'name',
  description: 'description',
  disabled: 'disabled',
  match: 'match',
  overrides: { name: 'overrides', form: SET_OVERRIDES },
  fixedResponse: 'fixed_response',
};
const EXTENSIONS: Form<AnswerExtensions> = {
  answerAddressesMax: 'answer_addresses_max',
  allDown: 'all_down',
};
const WRITTEN: Form<Written> = {
  defaultPools: 'default_pools',
  fallbackPool: 'fallback_pool',
  ...STEERING,
  rules: { name: 'rules', form: RULE },
  poolSets: { name: 'pool_sets', form: POOL_SET },
  ...INERT,
  ...EXTENSIONS,
  networks: 'networks',
  tunnelId: 'tunnel_id',
};

/** The fields of a load balancer under their names in the API. What is absent stays so, and null stays null. */
export function fieldsOf(loadBalancer: Written): Record<string, unknown> {
  return renamed(loadBalancer, WRITTEN, (field, { name }) => [field, name]);
}

/** The fields of a valid body as a load balancer has them. */
export function writtenIn(body: object): Written {
  return renamed(body, WRITTEN, (field, { name }) => [name, field]) as unknown as Written;
}

/** The JSON pointer parts of a path of fields, as poolsNamed() gives it, under their names in the API. */
export function namedPath(path: readonly (string | number)[]): (string | number)[] {
  let form: Entries | undefined = WRITTEN;
  return path.map((part) => {
    if (typeof part === 'number' || form === undefined) return part;
    const { name, form: inner }: NamedField = asNamed(form[part] ?? part);
    form = inner;
    return name;
  });
}

function renamed(
  from: object,
  form: Entries,
  namesOf: (field: string, named: NamedField) => [from: string, to: string],
): Record<string, unknown> {
  const to: Record<string, unknown> = {};
  for (const [field, entry] of Object.entries(form)) {
    const named = asNamed(entry);
    const [name, newName] = namesOf(field, named);
    const value = (from as Record<string, unknown>)[name];
    if (value !== undefined) to[newName] = renamedValue(value, named.form, namesOf);
  }
  return to;
}

function renamedValue(
  value: unknown,
  form: NamedField['form'],
  namesOf: Parameters<typeof renamed>[2],
): unknown {
  if (form === undefined || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => renamedValue(each, form, namesOf));
  return renamed(value as object, form, namesOf);
}

function asNamed(entry: string | NamedField): NamedField {
  return typeof entry === 'string' ? { name: entry } : entry;
}
