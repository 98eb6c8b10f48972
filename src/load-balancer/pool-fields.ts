/** What the fields of a load balancer are called that name pools, as it is stored or in the API, and of its rules and pool sets. */
export interface PoolFields {
  /** Fields with a list of pools, and those with a list for each code. */
  readonly lists: readonly string[];
  readonly maps: readonly string[];
  /** A field with one pool. */
  readonly single: string;
  /** A field with weights by pool, and one with an object that may have that field, too. */
  readonly weights: string;
  readonly weighing: string;
  /** Fields with lists of parts, whose `overrides` have all of these fields. */
  readonly parts: readonly string[];
}

/** As a load balancer is stored. */
export const STORED_POOL_FIELDS: PoolFields = {
  lists: ['defaultPools', 'pools'],
  maps: ['regionPools', 'countryPools', 'popPools'],
  single: 'fallbackPool',
  weights: 'poolWeights',
  weighing: 'randomSteering',
  parts: ['rules', 'poolSets'],
};

/** Where something is in a load balancer: names of fields and positions in lists, from the outside in. */
export type Path = readonly (string | number)[];

/** Pools that are together: in a list, alone, or as keys of weights, which name no pool but say something of one. */
export interface PoolsAt {
  readonly pools: readonly unknown[];
  readonly path: Path;
  readonly as: 'list' | 'single' | 'weights';
}

type Values = Readonly<Record<string, unknown>>;

/**
 * Walks over all places of a load balancer that name pools, also those that its policy does not use and those of disabled rules. It
 * may have values of any types: those that can name no pool are passed over.
 */
export function* poolsIn(loadBalancer: object, fields: PoolFields): Generator<PoolsAt> {
  const values = loadBalancer as Values;
  yield* poolsOf(values, fields, []);
  for (const field of fields.parts)
    for (const [at, part] of listIn(values[field]).entries())
      if (isObject(part) && isObject(part.overrides))
        yield* poolsOf(part.overrides, fields, [field, at, 'overrides']);
}

function* poolsOf(values: Values, fields: PoolFields, path: Path): Generator<PoolsAt> {
  for (const field of fields.lists) {
    const pools = values[field];
    if (Array.isArray(pools)) yield { pools, path: [...path, field], as: 'list' };
  }
  const single = values[fields.single];
  if (typeof single === 'string' && single !== '')
    yield { pools: [single], path: [...path, fields.single], as: 'single' };
  for (const field of fields.maps)
    for (const [code, pools] of entriesIn(values[field]))
      if (Array.isArray(pools)) yield { pools, path: [...path, field, code], as: 'list' };
  const weighing = values[fields.weighing];
  for (const [of, place] of [[values, path] as const, [weighing, [...path, fields.weighing]] as const]) {
    const weights = isObject(of) ? of[fields.weights] : undefined;
    if (isObject(weights))
      yield { pools: Object.keys(weights), path: [...place, fields.weights], as: 'weights' };
  }
}

/** Returns the pools that are at a place instead; the same list: those that are there. A single pool that is left out goes with its field. */
export type ChangePools = (at: PoolsAt) => readonly unknown[];

/** Copies a load balancer with other pools, at the places of poolsIn(). The same object where nothing is another. */
export function withPools<T extends object>(loadBalancer: T, fields: PoolFields, change: ChangePools): T {
  let whole = changed(loadBalancer as Values, fields, [], change);
  for (const field of fields.parts) {
    const parts = whole[field];
    if (!Array.isArray(parts)) continue;
    const kept = parts.map((part: unknown, at) => {
      if (!isObject(part) || !isObject(part.overrides)) return part;
      return withValue(part, 'overrides', changed(part.overrides, fields, [field, at, 'overrides'], change));
    });
    if (kept.some((part, at) => part !== parts[at])) whole = { ...whole, [field]: kept };
  }
  return whole as T;
}

function changed(values: Values, fields: PoolFields, path: Path, change: ChangePools): Values {
  let now = values;
  const put = (field: string, value: unknown) => {
    now = withValue(now, field, value);
  };
  const listAt = (list: unknown, at: Path) =>
    Array.isArray(list) ? change({ pools: list, path: at, as: 'list' }) : list;
  for (const field of fields.lists) put(field, listAt(values[field], [...path, field]));
  const single = values[fields.single];
  if (typeof single === 'string' && single !== '')
    put(fields.single, change({ pools: [single], path: [...path, fields.single], as: 'single' })[0]);
  for (const field of fields.maps) {
    const entries = entriesIn(values[field]);
    const lists = entries.map(([code, list]) => listAt(list, [...path, field, code]));
    if (lists.some((list, at) => list !== entries[at]![1]))
      put(field, Object.fromEntries(entries.map(([code], at) => [code, lists[at]])));
  }
  put(fields.weights, weightsAt(values[fields.weights], [...path, fields.weights], change));
  const weighing = values[fields.weighing];
  if (isObject(weighing)) {
    const weights = weightsAt(weighing[fields.weights], [...path, fields.weighing, fields.weights], change);
    put(fields.weighing, withValue(weighing, fields.weights, weights));
  }
  return now;
}

function weightsAt(weights: unknown, path: Path, change: ChangePools): unknown {
  if (!isObject(weights)) return weights;
  const pools = Object.keys(weights);
  const named = change({ pools, path, as: 'weights' });
  if (named === pools) return weights;
  return Object.fromEntries(named.map((pool, at) => [String(pool), weights[pools[at]!]]));
}

/** Returns an object with another value; the same object where it is that; without the field where it is undefined. */
function withValue(values: Values, field: string, value: unknown): Values {
  if (values[field] === value) return values;
  if (value !== undefined) return { ...values, [field]: value };
  const { [field]: _, ...others } = values;
  return others;
}

function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function entriesIn(value: unknown): [string, unknown][] {
  return isObject(value) ? Object.entries(value) : [];
}

function isObject(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
