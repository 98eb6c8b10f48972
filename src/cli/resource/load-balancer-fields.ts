import { InvalidArgumentError } from 'commander';
import { ECS_PREFERENCES, LOCATION_MODES, STEERING_POLICIES } from '../../load-balancer/load-balancer.ts';
import { REGION_CODES } from '../../place/regions.ts';
import { ALL_DOWN } from '../../pool/steering/all-down.ts';
import { type Field, field, numberIn, wordsIn, yesOrNo } from '../fields.ts';

/** Creates the options of the properties of a load balancer. */
export function loadBalancerFields(): Field[] {
  return [
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
      'Pools of a country, such as DE=eu,us; repeat for each; "" is none',
      mapIn,
    ),
    field(
      'region_pools',
      '--region <code=pools>',
      'Pools of a region, such as WEU=eu,us; repeat for each; "" is none',
      mapIn,
    ),
    field(
      'pop_pools',
      '--site <code=pools>',
      'Pools of the site of a node; repeat for each; "" is none',
      mapIn,
    ),
    field(
      'location_strategy',
      '--location <strategy>',
      'What locates clients, such as mode=resolver_ip,ecs=always (default: mode=pop,ecs=proximity)',
      locationIn,
    ),
    field(
      'rules',
      '--rule <rule>',
      'Condition and what it changes, such as \'dns.qry.type == 28 => pools=us ttl=5 terminates\'; repeat for each, in their order; replaces all rules; "" is none',
      ruleIn,
    ),
    field(
      'pool_sets',
      '--pool-set <set>',
      'Places and their pools, such as \'DE,WNAM,site:FRA => pools=eu,us policy=random\'; * is every place; repeat for each, in their order; replaces all pool sets; "" is none',
      poolSetIn,
    ),
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
  ];
}

type Weights = Readonly<Record<string, number>>;
type Properties = Readonly<Record<string, unknown>>;

function weightIn(
  text: string,
  before: { readonly pool_weights: Weights } = { pool_weights: {} },
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
  if (text === '') return before;
  const [, code, pools] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (code === undefined || pools === undefined)
    throw new InvalidArgumentError('It must be a code and pools, such as DE=eu,us.');
  return { ...before, [code]: wordsIn(pools) };
}

/** Parses a location strategy: `mode` and `ecs`, comma-separated; an empty text is null. */
function locationIn(text: string): Properties | null {
  if (text === '') return null;
  return Object.assign(
    {},
    ...wordsIn(text).map((pair) => {
      const [, key, value = ''] = /^(mode|ecs)=(.+)$/.exec(pair) ?? [];
      if (key === 'mode') return { mode: oneOf(LOCATION_MODES, value) };
      if (key === 'ecs') return { prefer_ecs: oneOf(ECS_PREFERENCES, value) };
      throw new InvalidArgumentError(`"${pair}" is not mode= or ecs= with a value.`);
    }),
  );
}

function oneOf(allowed: readonly string[], value: string): string {
  if (allowed.includes(value)) return value;
  throw new InvalidArgumentError(`"${value}" is not one of ${allowed.join(', ')}.`);
}

/** What is between a condition, or places, and what they change. */
const ARROW = '=>';

/** Parses a rule and adds it to those before: `condition => properties`. An empty condition, or `*`, holds always. */
function ruleIn(text: string, before: readonly Properties[] = []): readonly Properties[] {
  if (text === '') return before;
  const { left: condition, right } = halvesOf(text, 'a condition');
  const { overrides, own } = changesIn(
    right,
    [...SET_CHANGES, 'ttl', 'mode', 'ecs'],
    ['name', 'priority', 'disabled', 'terminates'],
  );
  return [...before, { ...own, condition: condition === '*' ? '' : condition, overrides }];
}

/** Parses a pool set and adds it to those before: `places => properties`. */
function poolSetIn(text: string, before: readonly Properties[] = []): readonly Properties[] {
  if (text === '') return before;
  const { left, right } = halvesOf(text, 'places');
  const { overrides, own } = changesIn(right, SET_CHANGES, ['name', 'disabled']);
  return [...before, { ...own, match: matchOf(left), overrides }];
}

function halvesOf(text: string, what: string): { readonly left: string; readonly right: string } {
  // A condition may have the arrow in a text.
  const at = text.lastIndexOf(ARROW);
  if (at === -1)
    throw new InvalidArgumentError(
      `It must be ${what}, "${ARROW}", and what they change, such as pools=eu,us.`,
    );
  return { left: text.slice(0, at).trim(), right: text.slice(at + ARROW.length).trim() };
}

/** Makes the match of a pool set from codes of regions and countries, and from `site:` with the code of a site. */
function matchOf(text: string): Properties {
  if (text === '*') return { default: true };
  const codes = wordsIn(text);
  const sites = codes.filter((code) => code.startsWith(SITE)).map((code) => code.slice(SITE.length));
  const others = codes.filter((code) => !code.startsWith(SITE));
  const isRegion = (code: string) => REGION_CODES.some((each) => each === code);
  const topology = {
    regions: others.filter(isRegion),
    countries: others.filter((code) => !isRegion(code)),
    pops: sites,
  };
  return { topology: Object.fromEntries(Object.entries(topology).filter(([, list]) => list.length > 0)) };
}

const SITE = 'site:';

/** What rules and pool sets may change. */
const SET_CHANGES = ['pools', 'fallback', 'policy', 'weights', 'default-weight'];

/** How a property after the arrow becomes one of the overrides, or one of the rule or pool set itself. */
const CHANGES: Readonly<Record<string, (value: string) => Properties>> = {
  pools: (value) => ({ pools: wordsIn(value) }),
  fallback: (value) => ({ fallback_pool: value }),
  policy: (value) => ({ steering_policy: oneOf(STEERING_POLICIES, value) }),
  weights: (value) => ({ pool_weights: weightsIn(value) }),
  'default-weight': (value) => ({ pool_default_weight: numberIn(value) }),
  ttl: (value) => ({ ttl: numberIn(value) }),
};
const OWN: Readonly<Record<string, (value: string) => Properties>> = {
  name: (value) => ({ name: value }),
  priority: (value) => ({ priority: numberIn(value) }),
  disabled: (value) => ({ disabled: value === '' || yesOrNo(value) }),
  terminates: (value) => ({ terminates: value === '' || yesOrNo(value) }),
};
/** Those that may be without a value. */
const FLAGS: readonly string[] = ['disabled', 'terminates'];

/** Parses pairs `key=value` with spaces in between. A value with spaces is in quotes. */
function changesIn(
  text: string,
  changes: readonly string[],
  own: readonly string[],
): { readonly overrides: Properties; readonly own: Properties } {
  const pairs = [...text.matchAll(/([^\s=]+)(?:=("[^"]*"|\S*))?/g)].map(([, key = '', value]) => {
    if (![...changes, ...own].includes(key))
      throw new InvalidArgumentError(`"${key}" is not one of ${[...changes, ...own].join(', ')}.`);
    if (value === undefined && !FLAGS.includes(key))
      throw new InvalidArgumentError(`"${key}" needs a value: ${key}=….`);
    return [key, value?.replace(/^"(.*)"$/, '$1') ?? ''] as const;
  });
  const of = (keys: readonly string[], parsers: typeof CHANGES): Properties =>
    Object.assign(
      {},
      ...pairs.filter(([key]) => keys.includes(key)).map(([key, value]) => parsers[key]?.(value)),
    );
  const location = pairs.filter(([key]) => key === 'mode' || key === 'ecs').map((pair) => pair.join('='));
  return {
    overrides: {
      ...of(changes, CHANGES),
      ...(location.length > 0 && { location_strategy: locationIn(location.join(',')) }),
    },
    own: of(own, OWN),
  };
}

/** Parses `eu:0.2,us:0.8`. */
function weightsIn(text: string): Weights {
  return Object.fromEntries(
    wordsIn(text).map((pair) => {
      const [, pool, weight] = /^(.+):([^:]+)$/.exec(pair) ?? [];
      if (pool === undefined || weight === undefined)
        throw new InvalidArgumentError(`"${pair}" is not a pool and its weight, such as eu:0.5.`);
      return [pool, numberIn(weight)];
    }),
  );
}
