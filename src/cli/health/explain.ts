import type { Answer, ApiClient } from '../api.ts';
import { shown, type TableValue, table } from '../print.ts';

/** What the command line asks. */
export interface ExplainOptions {
  readonly type?: string;
  readonly client?: string;
  readonly ecs?: string;
  readonly whatIf?: readonly string[];
}

interface WorkerShown {
  readonly live: boolean;
  /** Absent: an older server says nothing of it. */
  readonly before_absence?: boolean;
  readonly healthy: boolean;
  readonly streak: number;
  readonly reason: string;
  /** Absent: an older server. */
  readonly detail?: string | null;
  readonly fault?: string | null;
  readonly age_seconds: number;
  /** Of a host name; absent: an older server, and so with what follows of one. */
  readonly addresses?: readonly AddressSaid[] | null;
  readonly addresses_kept?: { readonly since: string; readonly why: string } | null;
}

/** What a worker found at one address of a host name. */
interface AddressSaid {
  readonly address: string;
  readonly healthy: boolean;
  readonly streak: number;
  readonly reason: string;
  readonly detail?: string | null;
  readonly fault?: string | null;
}

interface EndpointShown {
  readonly name: string;
  readonly address: string;
  readonly addresses?:
    | readonly { readonly address: string; readonly in: boolean; readonly healthy: boolean | null }[]
    | null;
  readonly unprobed_addresses?: number;
  readonly in: boolean;
  readonly why: string;
  readonly checks: string;
  readonly stale: boolean;
  readonly turning: boolean;
  readonly recovered: number;
  readonly weight: number;
  /** Absent: an older server. */
  readonly no_results?: string | null;
  readonly override: { readonly action: string; readonly owner: string; readonly reason: string } | null;
  readonly monitors: readonly {
    readonly held_out_seconds: number | null;
    readonly regions: readonly {
      readonly region: string;
      readonly counts: boolean;
      readonly held_back: boolean;
      readonly healthy: boolean | null;
      readonly workers: readonly WorkerShown[];
    }[];
  }[];
}

/** An explanation as the API gives it, as far as it is looked into here. */
export interface Explained {
  readonly name: string;
  readonly type: string;
  readonly rcode: string | null;
  readonly answer: readonly string[];
  /** Absent: an older server says nothing of it; so with loop. */
  readonly window?: { readonly records: number; readonly of: number } | null;
  readonly loop?: readonly string[] | null;
  readonly hint: string | null;
  readonly what_if: Readonly<Record<string, string>>;
  readonly pools: readonly {
    readonly pool_name: string;
    readonly zone: string;
    readonly enabled: boolean;
    readonly healthy: boolean | null;
    readonly answer_is: 'one_of' | 'all_of';
    readonly addresses: readonly { readonly address: string }[];
    readonly endpoints: readonly EndpointShown[];
  }[];
}

/** Asks why a name is answered as it is. Throws OperatorError. */
export function explain(
  client: ApiClient,
  name: string,
  options: ExplainOptions,
): Promise<Answer<Explained>> {
  const { type, client: from, ecs, whatIf = [] } = options;
  const given = Object.entries({ name, type, client: from, ecs }).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams([
    ...(given as [string, string][]),
    ...whatIf.map((each): [string, string] => ['what_if', each]),
  ]);
  return client.ask('GET', `/lifeguard/v1/explain?${query}`);
}

/** An explanation as people read it: the answer, and below it each endpoint of each pool. */
export function explainText(explained: Explained): string {
  const { name, type, rcode, answer, window, loop, hint, what_if: whatIf, pools } = explained;
  const isSupposed = Object.keys(whatIf).length > 0;
  const parts = [
    `${name} ${type}${isSupposed ? ' would be' : ''}: ${[rcode ?? 'no answer', ...answer].join(' ')}\n`,
    ...(window
      ? [`a window of ${window.records} of ${window.of} records, which moves from answer to answer\n`]
      : []),
    ...(loop ? [`loop: ${loop.join(' → ')}; the answer ends there\n`] : []),
    ...(hint === null ? [] : [`${hint}\n`]),
  ];
  for (const pool of pools) {
    const state = !pool.enabled ? 'disabled' : healthWord(pool.healthy);
    const addresses = pool.addresses.map(({ address }) => address).join(' ') || 'nothing';
    const is = `${isSupposed ? 'would answer' : 'answers'} ${pool.answer_is === 'one_of' ? 'one of ' : ''}${addresses}`;
    const columns = ['endpoint', 'address', 'in', 'why', 'checks', 'weight', 'override', 'seen'];
    parts.push(
      `\npool ${pool.pool_name} in ${pool.zone}: ${state}, ${is}\n`,
      table(
        columns,
        pool.endpoints.flatMap((each) => [
          [
            each.name,
            each.address,
            each.in,
            each.why,
            checksOf(each),
            each.weight,
            each.override && `${each.override.action} by ${each.override.owner}: ${each.override.reason}`,
            seen(each),
          ],
          ...addressRows(each),
        ]),
      ),
    );
  }
  return parts.join('');
}

/** Below a host name a row for each of its addresses, and one for those that are not probed. */
function addressRows(endpoint: EndpointShown): TableValue[][] {
  const { name, addresses, unprobed_addresses: unprobed = 0, monitors } = endpoint;
  const rows = (addresses ?? []).map(({ address, in: isIn, healthy }): TableValue[] => {
    const found = monitors
      .flatMap(({ regions }) => regions)
      .flatMap(({ region, workers }) =>
        workers.flatMap((worker) => {
          const own = worker.addresses?.find((each) => each.address === address);
          return own === undefined
            ? []
            : `${region} ${shown(own.healthy)} (${reasonOf(own)}, ${own.streak} in a row)`;
        }),
      );
    return [name, `  ${address}`, isIn, null, healthWord(healthy), null, null, found.join(' ')];
  });
  if (unprobed === 0) return rows;
  return [...rows, [name, `  and ${unprobed} more`, false, 'not_probed', null, null, null, null]];
}

function healthWord(healthy: boolean | null): string {
  if (healthy === null) return 'health unknown';
  return healthy ? 'healthy' : 'unhealthy';
}

/** What the checks of an endpoint come to, and why that may be odd. */
function checksOf({ checks, stale, turning, recovered, monitors }: EndpointShown): string {
  const flaps = monitors.some(({ held_out_seconds: seconds }) => seconds !== null);
  const returns = recovered < 1 ? `, back at ${Math.round(recovered * 100)} %` : '';
  return `${checks}${stale ? ', stale' : ''}${flaps ? ', flaps' : ''}${turning ? ', turning' : ''}${returns}`;
}

/** How old the addresses of a host name are that no DNS server tells now. */
function kept({ addresses_kept: found }: WorkerShown): string {
  return found ? `, with the addresses of ${found.since}, since DNS says ${found.why}` : '';
}

function absence({ live, before_absence: isFromBeforeAbsence }: WorkerShown): string {
  if (!live) return ', worker gone';
  return isFromBeforeAbsence ? ', before it was away' : '';
}

function reasonOf({ reason, detail, fault }: Pick<WorkerShown, 'reason' | 'detail' | 'fault'>): string {
  const more = fault ?? detail;
  return more ? `${reason}: ${more}` : reason;
}

/** What the regions say: `eu no (TCP connection failed, 3 in a row, 1 s ago)`. */
function seen({ monitors, no_results: noResults }: EndpointShown): string {
  if (noResults) return noResults;
  const regions = monitors.flatMap((monitor) => monitor.regions);
  return regions
    .map(({ region, counts, held_back: heldBack, healthy, workers }) => {
      const told = workers.map(
        (each) =>
          `${reasonOf(each)}, ${each.streak} in a row, ${Math.round(each.age_seconds)} s ago${absence(each)}${kept(each)}`,
      );
      const marks = `${counts ? '' : ', does not count'}${heldBack ? ', held back' : ''}`;
      return `${region} ${shown(healthy)}${marks} (${told.join('; ')})`;
    })
    .join(' ');
}
