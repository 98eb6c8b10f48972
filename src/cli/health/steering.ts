import { ALL_DOWN_TEXTS } from '../../event/load-balancer-report.ts';
import type { AllDown } from '../../pool/steering/all-down.ts';
import { type TableValue, table } from '../print.ts';

/** The properties of an explained load balancer in the API that are used here. */
export interface SteeringShown {
  readonly name: string;
  readonly zone: string;
  readonly policy: string;
  readonly ttl: number;
  readonly client: {
    readonly located_by: 'client_subnet' | 'peer' | 'node' | 'supposition';
    readonly region: string | null;
    readonly country: string | null;
    readonly latitude: number | null;
    readonly longitude: number | null;
  };
  readonly pool_set: Matched | null;
  readonly rules: readonly Matched[];
  readonly list: 'pop' | 'country' | 'region' | 'default';
  readonly list_code: string | null;
  readonly fallback: boolean;
  /** Absent from older servers. */
  readonly all_down?: AllDown | null;
  readonly nodata: boolean;
  readonly pools: readonly {
    readonly pool_id: string;
    readonly pool_name: string | null;
    readonly in_list: boolean;
    readonly is_fallback: boolean;
    readonly usable: boolean;
    readonly why: string;
    readonly answered_endpoints: number;
    readonly minimum_origins: number;
    readonly weight: number | null;
    readonly distance_km: number | null;
    /** Absent from older servers. */
    readonly rtt_ms?: number | null;
    readonly shed_percent: number;
    readonly shed_by: 'draw' | 'hash' | null;
    readonly sheds: number;
    readonly share: number;
  }[];
}

type Matched = { readonly index: number; readonly name: string | null };
type PoolShown = SteeringShown['pools'][number];

const LOCATED = {
  client_subnet: 'by the client subnet of the query',
  peer: 'by the address that asks',
  node: 'as this node is, because nothing else locates it',
  supposition: 'as you suppose',
};

/** Says in plain words how a load balancer chooses. `scope`: bits of the client subnet that the answer is for. */
export function steeringText(steering: SteeringShown, scope: number | null): string {
  const { name, zone, policy, ttl, client, pool_set: set, rules, fallback, nodata, pools } = steering;
  const lines = [
    `Load balancer "${name}" in zone "${zone}": policy ${policy}, TTL ${ttl} s.`,
    `The client is located ${LOCATED[client.located_by]}: ${placeText(client)}.`,
    ...(scope === null ? [] : [scopeText(scope)]),
    ...(set === null ? [] : [`It matches ${titled('pool set', set)}.`]),
    ...rules.map((rule) => `It matches ${titled('rule', rule)}.`),
    nodata ? 'The pool set answers that there is no address.' : `The pools are those ${listText(steering)}.`,
    ...(fallback ? ['None of them is usable, so the fallback pool answers, whatever its health.'] : []),
    ...(steering.all_down ? [`It answers with ${ALL_DOWN_TEXTS[steering.all_down]} (all_down).`] : []),
  ];
  return `\n${lines.join('\n')}\n${nodata ? '' : poolTable(pools)}`;
}

function placeText({ region, country, latitude, longitude }: SteeringShown['client']): string {
  const parts = [
    country && `country ${country}`,
    region && `region ${region}`,
    latitude !== null && longitude !== null && `near ${latitude}, ${longitude}`,
  ].filter((part): part is string => Boolean(part));
  return parts.length > 0 ? parts.join(', ') : 'the place is unknown';
}

function scopeText(bits: number): string {
  if (bits === 0) return 'The answer is the same for all clients (scope 0).';
  return `The answer is the same for clients with the first ${bits} bits of the subnet (scope ${bits}).`;
}

function titled(noun: string, { index, name }: Matched): string {
  return name ? `${noun} "${name}"` : `${noun} ${index + 1}`;
}

function listText({ list, list_code: code }: SteeringShown): string {
  switch (list) {
    case 'pop':
      return `of site ${code}, where this node is`;
    case 'country':
      return `of country ${code}`;
    case 'region':
      return `of region ${code}`;
    case 'default':
      return 'of the default list';
  }
}

/** One row for each pool. Columns in which no pool has anything are left out. */
function poolTable(pools: readonly PoolShown[]): string {
  const columns: readonly (readonly [string, (pool: PoolShown, index: number) => TableValue])[] = [
    ['order', ({ in_list: isInList }, index) => (isInList ? index + 1 : 'fallback')],
    ['pool', ({ pool_name: name, pool_id: id }) => name ?? id],
    ['usable', ({ usable }) => usable],
    ['why', whyText],
    ['weight', ({ weight }) => weight],
    ['distance', ({ distance_km: km }) => (km === null ? null : `${km} km`)],
    ['latency', ({ rtt_ms: ms }) => (ms == null ? null : `${ms} ms`)],
    ['moves away', shedText],
    ['answers', ({ share }) => percentText(share)],
  ];
  const rows = pools.map((pool, index) => columns.map(([, value]) => value(pool, index)));
  const kept = columns.map((_, at) => rows.some((row) => row[at] !== null));
  return table(
    columns.map(([name]) => name).filter((_, at) => kept[at]),
    rows.map((row) => row.filter((_, at) => kept[at])),
  );
}

/** Formats a reason; for too few endpoints, how many there are and how many it takes. */
function whyText({ why, answered_endpoints: answered, minimum_origins: minimum }: PoolShown): string {
  if (why !== 'unhealthy') return why.replaceAll('_', ' ');
  return `unhealthy: ${answered} of at least ${minimum} endpoints`;
}

function shedText({ shed_percent: percent, shed_by: by, sheds }: PoolShown): TableValue {
  if (by === null) return null;
  if (by === 'draw') return `${percent} % of queries`;
  return `${percent} % of clients, ${sheds > 0 ? 'with this one' : 'not this one'}`;
}

/** Formats a probability in percent, with a decimal where it has one. */
export function percentText(probability: number): string {
  const percent = Math.round(probability * 1_000) / 10;
  return percent === 0 && probability > 0 ? '< 0.1 %' : `${percent} %`;
}
