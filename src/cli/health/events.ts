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
/** Past events that are shown when nobody says how many. */
const LIMIT_DEFAULT = 20;
/** Past events that one may ask for: as many as are kept. */
export const LIMIT_MAX = EVENTS_ALL_MAX;

/** An event as the API shows it, as far as it is looked into here: what is there depends on its kind. */
export interface EventShown {
  readonly id: string;
  readonly kind: string;
  readonly time: string;
  readonly pool?: { readonly name: string };
  readonly endpoint?: string;
  readonly address?: string;
  /** Which address of a host name turned. */
  readonly resolved?: string;
  readonly region?: string;
  readonly worker?: string;
  /** Of an alarm: which, and what it is about. */
  readonly alarm?: string;
  readonly about?: string;
  /** Of an override. */
  readonly action?: string;
  /** Of a transition. */
  readonly was?: string;
  readonly now?: string;
  readonly reason?: string;
  readonly detail?: string;
  /** Of a change by the API. */
  readonly token?: string;
  readonly method?: string;
  readonly object?: { readonly kind: string; readonly id: string; readonly name?: string };
  readonly revision?: number;
}

interface Wanted extends Shared {
  readonly follow?: boolean;
  readonly limit: number;
  readonly kind?: string;
  readonly pool?: string;
  readonly endpoint?: string;
  readonly region?: string;
}

/** Adds the command that tells what happened. */
export function addEventsCommand(program: Command): void {
  leaf(program, 'events', 'what happened, the newest last: turns of health, and changes by the API')
    .option('-f, --follow', 'go on with what happens, until Ctrl-C; as JSON one event a line')
    .addOption(
      new Option('-n, --limit <count>', `so many past ones, ${LIMIT_MAX} at most`)
        .argParser(countIn)
        .default(LIMIT_DEFAULT),
    )
    .addOption(new Option('--kind <kind>', 'only these').choices(EVENT_KINDS))
    .option('--pool <pool>', 'only of this one: name or identifier')
    .option('--endpoint <name>', 'only of endpoints called so')
    .option('--region <region>', 'only what this region saw')
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

/** The newest events that are wanted, oldest first; and the one after which nothing was looked at. */
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
  // What came between the two questions is told already where it is wanted.
  return { events: events.reverse(), next: before, after: events.at(-1)?.id ?? newest.events[0]?.id };
}

function page(
  client: ApiClient,
  query: URLSearchParams,
): Promise<{ readonly events: readonly EventShown[]; readonly next: string | null }> {
  return client.call('GET', `${EVENTS}?${query}`);
}

function filterOf({ kind, pool, endpoint, region }: Partial<Wanted>): URLSearchParams {
  const given = Object.entries({ kind, pool, endpoint, region }).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given as [string, string][]);
}

async function follow(client: ApiClient, options: Wanted): Promise<void> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const { events, after } = await past(client, options);
  const say = (event: EventShown) =>
    write(options.json ? `${escapeJson(JSON.stringify(event))}\n` : `${lineOf(rowOf(event))}\n`);
  for (const event of events) await say(event);
  const live = followed<EventShown>(client, `${EVENTS}/live?${filterOf(options)}`, {
    after,
    signal: stop.signal,
    trouble: (what) => process.stderr.write(`${escapeText(what)}\n`),
  });
  for await (const event of live) await say(event);
}

/** Writes to standard output, no faster than it is read there. */
async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}

function eventTable(events: readonly EventShown[]): string {
  return table(['time', 'kind', 'what', 'change', 'why'], events.map(rowOf));
}

/** Blanks make columns of lines that come one by one, as far as they can. */
const WIDTHS = [27, 8, 32, 24];

function lineOf(row: readonly TableValue[]): string {
  return row
    .map((value, i) => shown(value).padEnd(WIDTHS[i] ?? 0))
    .join('  ')
    .trimEnd();
}

function rowOf(event: EventShown): readonly TableValue[] {
  const { time, kind, pool, endpoint, address, resolved, region, was, now, reason, detail, object } = event;
  if (object !== undefined) {
    const why = `by ${event.token}, revision ${event.revision}`;
    return [time, kind, `${object.kind} ${object.name || object.id}`, event.method, why];
  }
  const about =
    pool === undefined
      ? [event.alarm, event.about ?? region, event.worker]
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
