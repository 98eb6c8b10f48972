/** What the store bounds: the documents of each kind, the endpoints of all pools together, and the octets of all records (recordOctets). */
export const LIMITED = [
  'pools',
  'endpoints',
  'monitors',
  'monitor_groups',
  'overrides',
  'load_balancers',
  'zones',
  'records',
  'record_octets',
  'tokens',
] as const;
export type Limited = (typeof LIMITED)[number];

/** The names of all limits: those, and the octets of the records of one zone. */
export const LIMIT_NAMES = [...LIMITED, 'zone_record_octets'] as const;

/** The maximum of each. */
export type Limits = Readonly<Record<(typeof LIMIT_NAMES)[number], number>>;

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
  record_octets: 268_435_456,
  zone_record_octets: 67_108_864,
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
    record_octets: 0,
    tokens: 0,
  };
}

/** What people wrote of a record. */
interface WrittenRecord {
  readonly name?: string;
  readonly content?: string;
  readonly comment?: string;
  readonly tags?: readonly string[];
}

/** The octets of a record that are bounded: its name, content, comment and tags in UTF-8. */
export function recordOctets({ name = '', content = '', comment = '', tags = [] }: WrittenRecord): number {
  // Names and contents are ASCII.
  const plain = name.length + content.length;
  if (comment === '' && tags.length === 0) return plain;
  return plain + [comment, ...tags].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

/** Adds one document to the counts, or removes it where `by` is -1. */
export function countIn(counts: Counts, kind: string, value: object, by: 1 | -1): void {
  switch (kind) {
    case 'pool':
      counts.pools += by;
      counts.endpoints += by * ((value as { endpoints?: readonly unknown[] }).endpoints?.length ?? 0);
      return;
    case 'record':
      counts.records += by;
      counts.record_octets += by * recordOctets(value);
      return;
    case 'monitor':
    case 'monitor_group':
    case 'override':
    case 'load_balancer':
    case 'zone':
    case 'token':
      counts[`${kind}s`] += by;
  }
}
