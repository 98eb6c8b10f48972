/** What the store bounds: the documents of each kind, and the endpoints of all pools together. */
export const LIMITED = [
  'pools',
  'endpoints',
  'monitors',
  'monitor_groups',
  'overrides',
  'load_balancers',
  'zones',
  'records',
  'tokens',
] as const;
export type Limited = (typeof LIMITED)[number];

/** The maximum of each. */
export type Limits = Readonly<Record<Limited, number>>;

/** The number of each, or the change of it. */
export type Counts = Record<Limited, number>;

/** Default maximums; docs/LIMITS.md says how much memory they take. */
export const LIMITS_DEFAULT: Limits = {
  pools: 100_000,
  endpoints: 200_000,
  monitors: 10_000,
  monitor_groups: 10_000,
  overrides: 20_000,
  load_balancers: 20_000,
  zones: 1_000,
  records: 1_000_000,
  tokens: 1_000,
};

/** Creates counts of an empty store. */
export function noCounts(): Counts {
  return {
    pools: 0,
    endpoints: 0,
    monitors: 0,
    monitor_groups: 0,
    overrides: 0,
    load_balancers: 0,
    zones: 0,
    records: 0,
    tokens: 0,
  };
}

/** Adds one document to the counts, or removes it where `by` is -1. */
export function countIn(counts: Counts, kind: string, value: object, by: 1 | -1): void {
  switch (kind) {
    case 'pool':
      counts.pools += by;
      counts.endpoints += by * ((value as { endpoints?: readonly unknown[] }).endpoints?.length ?? 0);
      return;
    case 'monitor':
    case 'monitor_group':
    case 'override':
    case 'load_balancer':
    case 'zone':
    case 'record':
    case 'token':
      counts[`${kind}s`] += by;
  }
}
