import { once } from 'node:events';
import process from 'node:process';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PER_PAGE_MAX } from '../../admin/http/page-size.ts';
import { EVENT_KINDS } from '../../event/event.ts';
import { escapeJson, escapeText } from '../../pool/plain-text.ts';
import { EVENTS_ALL_MAX } from '../../store/event-bounds.ts';
import { type ApiClient, clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { followed } from '../follow.ts';
import { print, shown, type TableValue, table } from '../print.ts';

const EVENTS = '/lifeguard/v1/events';
/** Default number of past events. */
const LIMIT_DEFAULT = 20;
/** Maximum number of past events: as many as the store keeps. */
export const LIMIT_MAX = EVENTS_ALL_MAX;

/** The properties of an event in the API that are used here. Its kind decides which of them are present. */
export interface EventShown {
  readonly id: string;
  readonly kind: string;
  readonly time: string;
  readonly pool?: { readonly name: string };
  readonly load_balancer?: { readonly name: string };
  readonly endpoint?: string;
  readonly address?: string;
  /** The address of a host name whose health changed. */
  readonly resolved?: string;
  readonly region?: string;
  readonly worker?: string;
  /** The name and the subject of an alarm. */
  readonly alarm?: string;
  readonly about?: string;
  /** The action of an override. */
  readonly action?: string;
  /** The states before and after a transition. */
  readonly was?: string;
  readonly now?: string;
  readonly reason?: string;
  readonly detail?: string;
  /** The author and the object of a change by the API. */
  readonly token?: string;
  readonly method?: string;
  readonly object?: { readonly kind: string; readonly id: string; readonly name?: string };
  readonly revision?: number;
  /** Of a gap: the events that are missing came after this one, and before that one; null: before those to come. */
  readonly after?: string;
  readonly before?: string | null;
}

interface Wanted extends Shared {
  readonly follow?: boolean;
  readonly limit: number;
  readonly kind?: string;
  readonly all?: boolean;
  readonly pool?: string;
  readonly endpoint?: string;
  readonly region?: string;
}

/** Adds the command that lists events. */
export function addEventsCommand(program: Command): void {
  leaf(
    program,
    'events',
    'List events, newest last: health transitions and API changes',
    'events --follow --pool web',
  )
    .option('-f, --follow', 'Print new events as they happen, until Ctrl-C (with --json, one on each line)')
    .addOption(
      new Option('-n, --limit <count>', `Number of past events to show, at most ${LIMIT_MAX}`)
        .argParser(countIn)
        .default(LIMIT_DEFAULT),
    )
    .addOption(new Option('--kind <kind>', 'Only events of this kind').choices(EVENT_KINDS))
    .option(
      '--all',
      'Also what single workers observed (kind health), of which endpoint events are the outcome',
    )
    .option('--pool <pool>', 'Only events of this pool: name or identifier')
    .option('--endpoint <name>', 'Only events of endpoints with this name')
    .option('--region <region>', 'Only events that this region observed')
    .action(async (options: Wanted) => {
      const client = clientOf(options);
      if (options.follow) await follow(client, options);
      else {
        const { events, next } = await past(client, options);
        const envelope = { success: true, errors: [], messages: [], result: { events, next } };
        print({ result: events, envelope }, options, eventTable);
      }
    });
}

/** Reads the newest events that match, oldest first, and the identifier after which to follow. */
async function past(
  client: ApiClient,
  { limit, ...wanted }: Wanted,
): Promise<{ events: EventShown[]; next: string | null; after: string | undefined }> {
  const newest = await page(client, new URLSearchParams({ limit: '1' }));
  const events: EventShown[] = [];
  let before: string | null = null;
  while (events.length < limit) {
    const query = filterOf(wanted);
    query.set('limit', String(Math.min(PER_PAGE_MAX, limit - events.length)));
    if (before !== null) query.set('before', before);
    const { events: more, next } = await page(client, query);
    events.push(...more);
    before = next;
    if (before === null) break;
  }
  // An event that arrived between the two requests is in the list already, where it matches.
  return { events: events.reverse(), next: before, after: events.at(-1)?.id ?? newest.events[0]?.id };
}

function page(
  client: ApiClient,
  query: URLSearchParams,
): Promise<{ readonly events: readonly EventShown[]; readonly next: string | null }> {
  return client.call('GET', `${EVENTS}?${query}`);
}

/** By default each transition of an endpoint is shown once: as it is served, and not as each worker saw it. */
function filterOf({ kind, all, pool, endpoint, region }: Partial<Wanted>): URLSearchParams {
  const without = kind === undefined && !all ? 'health' : undefined;
  const given = Object.entries({ kind, without, pool, endpoint, region }).filter(
    ([, value]) => value !== undefined,
  );
  return new URLSearchParams(given as [string, string][]);
}

async function follow(client: ApiClient, options: Wanted): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { events, after } = await past(client, options);
  const printEvent = (event: EventShown) =>
    write(options.json ? `${escapeJson(JSON.stringify(event))}\n` : `${lineOf(rowOf(event))}\n`);
  for (const event of events) await printEvent(event);
  const live = followed<EventShown>(client, `${EVENTS}/live?${filterOf(options)}`, {
    after,
    signal: stop.signal,
    trouble: (reason) =>
      process.stderr.write(`${escapeText(`The connection is lost; connecting again. ${reason}`)}\n`),
  });
  for await (const event of live) await printEvent(event);
}

/** Writes to standard output, and waits while its reader is slower. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

function eventTable(events: readonly EventShown[]): string {
  return table(['time', 'kind', 'what', 'change', 'why'], events.map(rowOf));
}

/** Minimum widths of the columns of followed events. */
const WIDTHS = [27, 8, 32, 24];

function lineOf(row: readonly TableValue[]): string {
  return row
    .map((value, i) => shown(value).padEnd(WIDTHS[i] ?? 0))
    .join('  ')
    .trimEnd();
}

/** The columns of an event, for people. */
export function rowOf(event: EventShown): readonly TableValue[] {
  if (event.kind === 'gap')
    return [
      event.time,
      event.kind,
      'missing events',
      `${event.after} → ${event.before ?? 'now'}`,
      event.reason,
    ];
  const { time, kind, pool, endpoint, address, resolved, region, was, now, reason, detail, object } = event;
  if (object !== undefined) {
    const why = `by ${event.token}, revision ${event.revision}`;
    return [time, kind, `${object.kind} ${object.name || object.id}`, event.method, why];
  }
  const about =
    pool === undefined
      ? [event.alarm, event.about ?? region, event.worker, event.load_balancer?.name]
      : [event.action, pool.name, endpoint, address, resolved];
  const change = was === undefined && now === undefined ? undefined : `${was ?? '-'} → ${now ?? '-'}`;
  const why = [reason && detail ? `${reason}: ${detail}` : reason, pool && region]
    .filter((each) => each)
    .join(', ');
  return [time, kind, about.filter((each) => each).join(' '), change, why];
}

function countIn(text: string): number {
  if (/^[0-9]{1,5}$/.test(text) && Number(text) <= LIMIT_MAX) return Number(text);
  throw new InvalidArgumentError(`It must be a number from 0 to ${LIMIT_MAX}.`);
}
