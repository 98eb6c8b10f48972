import type { Answer, ApiClient } from './api.ts';
import { shown, table } from './print.ts';

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
}

interface EndpointShown {
  readonly name: string;
  readonly address: string;
  readonly in: boolean;
  readonly why: string;
  readonly checks: string;
  readonly stale: boolean;
  readonly turning: boolean;
  readonly recovered: number;
  readonly weight: number;
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
        pool.endpoints.map((each) => [
          each.name,
          each.address,
          each.in,
          each.why,
          checksOf(each),
          each.weight,
          each.override && `${each.override.action} by ${each.override.owner}: ${each.override.reason}`,
          seen(each),
        ]),
      ),
    );
  }
  return parts.join('');
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

function absence({ live, before_absence: isBygone }: WorkerShown): string {
  if (!live) return ', worker gone';
  return isBygone ? ', before it was away' : '';
}

function reasonOf({ reason, detail, fault }: WorkerShown): string {
  const more = fault ?? detail;
  return more ? `${reason}: ${more}` : reason;
}

/** What the regions say: `eu no (TCP connection failed, 3 in a row, 1 s ago)`. */
function seen({ monitors }: EndpointShown): string {
  const regions = monitors.flatMap((monitor) => monitor.regions);
  return regions
    .map(({ region, counts, held_back: heldBack, healthy, workers }) => {
      const told = workers.map(
        (each) =>
          `${reasonOf(each)}, ${each.streak} in a row, ${Math.round(each.age_seconds)} s ago${absence(each)}`,
      );
      const marks = `${counts ? '' : ', does not count'}${heldBack ? ', held back' : ''}`;
      return `${region} ${shown(healthy)}${marks} (${told.join('; ')})`;
    })
    .join(' ');
}
