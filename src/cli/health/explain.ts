import { ExitCode, OperatorError } from '../../commands/exit.ts';
import type { Answer, ApiClient } from '../api.ts';
import { shown, type TableValue, table } from '../print.ts';
import { type SteeringShown, steeringText } from './steering.ts';

/** Options of `explain`. */
export interface ExplainOptions {
  readonly type?: string;
  readonly client?: string;
  readonly ecs?: string;
  readonly whatIf?: readonly string[];
  /** Of pools: `name=up`, `name=down`. */
  readonly if?: readonly string[];
  readonly place?: string;
}

interface WorkerShown {
  readonly live: boolean;
  /** Absent from older servers, as are the optional properties below. */
  readonly before_absence?: boolean;
  readonly healthy: boolean;
  readonly streak: number;
  readonly reason: string;
  readonly detail?: string | null;
  readonly fault?: string | null;
  readonly age_seconds: number;
  /** Absent: an older server, or as null, the check goes on. */
  readonly ended_at?: string | null;
  readonly worker?: string;
  readonly response_code?: number;
  readonly checked_at?: string;
  /** Results by address of a host name. */
  readonly addresses?: readonly AddressResult[] | null;
  readonly addresses_kept?: { readonly since: string; readonly why: string } | null;
}

/** The result of a worker at one address of a host name. */
interface AddressResult {
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
  /** Absent from older servers. */
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

/** The records of an answer, by section. */
type SectionsShown = Readonly<
  Record<
    'answer' | 'authority' | 'additional',
    readonly {
      readonly name: string;
      readonly ttl: number;
      readonly type: string;
      readonly content: string;
    }[]
  >
>;

/** The properties of an explanation in the API that are used here. */
export interface Explained {
  readonly name: string;
  readonly type: string;
  readonly rcode: string | null;
  readonly answer: readonly string[];
  /** Absent from older servers, as is `why`. */
  readonly sections?: SectionsShown | null;
  readonly why?: readonly string[];
  /** Absent from older servers, as is `loop`. */
  readonly window?: { readonly records: number; readonly of: number } | null;
  readonly loop?: readonly string[] | null;
  readonly flattened?: readonly string[];
  readonly hint: string | null;
  /** Absent from older servers, as are the two below. */
  readonly scope?: number | null;
  readonly load_balancer?: SteeringShown | null;
  readonly disabled_load_balancer?: string | null;
  readonly what_if: Readonly<Record<string, string>>;
  /** Absent from older servers, as is the next. */
  readonly what_if_pools?: Readonly<Record<string, string>>;
  readonly what_if_place?: string | null;
  readonly pools: readonly {
    readonly pool_name: string;
    readonly zone: string;
    readonly enabled: boolean;
    readonly healthy: boolean | null;
    /** Absent from older servers. */
    readonly all_down?: 'all' | 'last_healthy' | null;
    readonly answer_is: 'one_of' | 'all_of';
    readonly addresses: readonly { readonly address: string }[];
    readonly endpoints: readonly EndpointShown[];
  }[];
}

/** Asks the server to explain an answer. Throws OperatorError. */
export function explain(
  client: ApiClient,
  name: string,
  options: ExplainOptions,
): Promise<Answer<Explained>> {
  const { type, client: from, ecs, place, whatIf = [], if: pools = [] } = options;
  const given = Object.entries({ name, type, client: from, ecs, place }).filter(
    ([, value]) => value !== undefined,
  );
  const query = new URLSearchParams([
    ...(given as [string, string][]),
    ...whatIf.map((each): [string, string] => ['what_if', each]),
    ...pools.map((each): [string, string] => ['what_if_pool', supposedPool(each)]),
  ]);
  return client.ask('GET', `/lifeguard/v1/explain?${query}`);
}

/** What the API calls a supposed state of a pool. Throws OperatorError. */
function supposedPool(text: string): string {
  const [, pool, state] = /^(.+)=(up|down|healthy|unhealthy)$/.exec(text) ?? [];
  if (pool === undefined || state === undefined)
    throw new OperatorError(
      `"${text}" is not a pool, an equals sign, and up or down.`,
      ExitCode.BAD_CONFIGURATION,
    );
  return `${pool}:${state === 'up' || state === 'healthy' ? 'healthy' : 'unhealthy'}`;
}

/** Formats an explanation: the answer, and below it each endpoint of each pool. */
export function explainText(explained: Explained): string {
  const { name, type, rcode, answer, window, loop, hint, what_if: whatIf, pools } = explained;
  const { flattened = [], sections } = explained;
  // Answers of other types are shown as records.
  const texts = sections && !isForAddresses(type) ? [] : answer;
  const { load_balancer: loadBalancer, disabled_load_balancer: disabled, scope } = explained;
  const { what_if_pools: ifPools = {}, what_if_place: place = null } = explained;
  const isWhatIf = Object.keys({ ...whatIf, ...ifPools }).length > 0 || place !== null;
  const parts = [
    `${name} ${type}${isWhatIf ? ' would be' : ''}: ${[rcode ?? 'no answer', ...texts].join(' ')}\n`,
    ...sectionLines(explained),
    ...(explained.why ?? []).map((sentence) => `${sentence}\n`),
    ...(window
      ? [`The answer is a window of ${window.records} of ${window.of} records; each answer has another.\n`]
      : []),
    ...(flattened.length > 0 && explained.why === undefined
      ? [`A CNAME to ${flattened.join(' → ')} is answered with the addresses found there.\n`]
      : []),
    ...(loop ? [`The answer ends in a loop of aliases: ${loop.join(' → ')}\n`] : []),
    ...(hint === null ? [] : [`${hint}\n`]),
    ...(disabled ? [`Load balancer ${disabled} is disabled, as if it did not exist.\n`] : []),
    ...(loadBalancer ? [steeringText(loadBalancer, scope ?? null)] : []),
  ];
  for (const pool of pools) {
    const state = !pool.enabled ? 'disabled' : healthWord(pool.healthy);
    const addresses = pool.addresses.map(({ address }) => address).join(' ') || 'nothing';
    const answers = `${isWhatIf ? 'would answer' : 'answers'} ${pool.answer_is === 'one_of' ? 'one of ' : ''}${addresses}`;
    const instead = pool.all_down
      ? `No member is healthy: it answers ${pool.all_down === 'all' ? 'all of them' : 'those that were healthy last'} (all_down).\n`
      : '';
    const columns = ['endpoint', 'address', 'in', 'why', 'checks', 'weight', 'override', 'results'];
    parts.push(
      `\nPool "${pool.pool_name}" in zone "${pool.zone.replace(/\.$/, '')}": ${state}. It ${answers}.\n${instead}`,
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
            resultsOf(each),
          ],
          ...addressRows(each),
        ]),
      ),
    );
  }
  return parts.join('');
}

function isForAddresses(type: string): boolean {
  return type === 'A' || type === 'AAAA';
}

/** Formats the sections that the first line does not show: those of questions that are not for addresses, and all but the answer. */
function sectionLines({ sections, type }: Explained): string[] {
  if (!sections) return [];
  return (['answer', 'authority', 'additional'] as const)
    .filter((section) => section !== 'answer' || !isForAddresses(type))
    .flatMap((section) =>
      sections[section].map(
        ({ name, ttl, type: of, content }) => `  ${section}: ${name} ${ttl} ${of} ${content}\n`,
      ),
    );
}

/** Makes a row for each address of a host name, and one for the addresses that are not probed. */
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
            : `${region} ${shown(own.healthy)} (${reasonOf(own)}, ${own.streak} in a row${absence(worker)})`;
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

/** Formats the verdict of the checks of an endpoint, and what is special about it. */
function checksOf({ checks, stale, turning, recovered, monitors }: EndpointShown): string {
  const isDamped = monitors.some(({ held_out_seconds: seconds }) => seconds !== null);
  const marks = [
    stale && 'stale',
    isDamped && 'flaps',
    turning && 'may change soon',
    recovered < 1 && `weight at ${Math.round(recovered * 100)} %`,
  ];
  return [checks, ...marks.filter((mark) => mark !== false)].join(', ');
}

/** Says since when a worker uses the last known addresses of a host name, and why. */
function oldAddresses({ addresses_kept: found }: WorkerShown): string {
  return found ? `, with the addresses of ${found.since}, because DNS fails: ${found.why}` : '';
}

function absence({ live, before_absence: isFromBefore }: WorkerShown): string {
  if (!live) return ', worker gone';
  return isFromBefore ? ', from before its absence' : '';
}

/** Formats where the last result of an ended check comes from, and when the check ended. */
function end({ ended_at: at, worker, response_code: code, checked_at: checkedAt }: WorkerShown): string {
  if (!at) return '';
  const response = code ? `, response code ${code}` : '';
  return `${response}, checked at ${checkedAt} by worker ${worker}, last result: the check ended at ${at}`;
}

function reasonOf({ reason, detail, fault }: Pick<WorkerShown, 'reason' | 'detail' | 'fault'>): string {
  const more = fault ?? detail;
  return more ? `${reason}: ${more}` : reason;
}

/** Formats the results of an endpoint by region: `eu no (TCP connection failed, 3 in a row, 1 s ago)`. */
function resultsOf({ monitors, no_results: noResults }: EndpointShown): string {
  if (noResults) return noResults;
  const regions = monitors.flatMap((monitor) => monitor.regions);
  return regions
    .map(({ region, counts, held_back: heldBack, healthy, workers }) => {
      const results = workers.map(
        (each) =>
          `${reasonOf(each)}, ${each.streak} in a row, ${Math.round(each.age_seconds)} s ago${absence(each)}${oldAddresses(each)}${end(each)}`,
      );
      const marks = `${counts ? '' : ', does not count'}${heldBack ? ', kept in answers (mass failure)' : ''}`;
      return `${region} ${shown(healthy)}${marks} (${results.join('; ')})`;
    })
    .join(' ');
}
