import { setTimeout as sleep } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { ExitCode, OperatorError } from '../../commands/exit.ts';
import { type Answer, type ApiClient, clientOf } from '../api.ts';
import { leaf, type Shared } from '../command.ts';
import { durationMs } from '../duration.ts';
import { addFields, bodyOf } from '../fields.ts';
import { type Body, LOAD_BALANCERS, objectCalled } from '../objects.ts';
import { print, table } from '../print.ts';
import { MONITORS } from '../resource/monitors.ts';
import { POOLS } from '../resource/pools.ts';
import { type HealthShown, RESULT_COLUMNS, resultRows } from './health.ts';

/** How often results are asked for. */
const LOOK_MS = 200;
/** How long they are waited for once the server says why there may be none: that may be over soon. */
const TROUBLE_MS = 5_000;
/** How long they are waited for by those who do not say. */
const PREVIEW_WAIT = '30s';

type Found = Readonly<Record<string, HealthShown['pop_health'][string]>>;

interface Previewing extends Shared {
  readonly monitor?: string;
  readonly within: number;
}

/** Adds the command that tries a monitor. */
export function addPreviewCommand(program: Command): void {
  const fields = MONITORS.fields().filter(({ key }) => key !== 'description');
  addFields(
    leaf(program, 'preview', 'try a monitor on a pool, or on all pools that use it, and change nothing'),
    fields,
  )
    .argument('[pool]', 'name or identifier; without it, all pools that use the monitor')
    .option('-m, --monitor <monitor>', "where to start from: identifier or description (the pool's own)")
    .addOption(
      new Option('--within <time>', `how long to wait for results`)
        .argParser(durationMs)
        .default(durationMs(PREVIEW_WAIT), PREVIEW_WAIT),
    )
    .action(async (called: string | undefined, options: Previewing) => {
      const client = clientOf(options);
      const { path, body, names } = await asked(
        client,
        called,
        options,
        bodyOf({ ...options }, fields, 'monitor'),
      );
      const begun = await client.call<Begun>('POST', `${LOAD_BALANCERS}${path}/preview`, body);
      const found = await results(client, begun, options.within);
      print(found, options, (all) => previewTable(all, { ...names, ...begun.pools }));
    });
}

interface Begun {
  readonly preview_id: string;
  readonly pools: Readonly<Record<string, string>>;
}

/** What is to be tried on what. A pool's preview takes a whole monitor, a monitor's what differs from it. */
async function asked(
  client: ApiClient,
  called: string | undefined,
  { monitor: wanted }: Previewing,
  changes: Body,
): Promise<{ path: string; body: Body; names: Begun['pools'] }> {
  const monitor = wanted === undefined ? undefined : await objectCalled(MONITORS, client, wanted);
  if (called === undefined) {
    if (monitor === undefined)
      throw new OperatorError('what is to be tried? give a pool, or --monitor', ExitCode.BAD_CONFIGURATION);
    return { path: `/monitors/${monitor.id}`, body: changes, names: {} };
  }
  const pool = await objectCalled(POOLS, client, called);
  const own = monitor ?? (pool.monitor ? await objectCalled(MONITORS, client, pool.monitor) : undefined);
  if (own === undefined && Object.keys(changes).length === 0)
    throw new OperatorError(
      `${pool.name} has no monitor of its own: give --monitor, or say by options what is to be tried`,
      ExitCode.BAD_CONFIGURATION,
    );
  return { path: `/pools/${pool.id}`, body: { ...own, ...changes }, names: { [pool.id]: pool.name } };
}

async function results(
  client: ApiClient,
  { preview_id: id, pools }: Begun,
  withinMs: number,
): Promise<Answer<Found>> {
  const untilMs = performance.now() + withinMs;
  let troubledMs: number | undefined;
  for (;;) {
    const answer = await client.ask<Found>('GET', `${LOAD_BALANCERS}/preview/${id}`);
    const found = answer.result;
    const missing = Object.entries(pools).filter(([pool]) => found[pool] === undefined);
    if (missing.length === 0) return answer;
    const trouble = answer.envelope.messages.map(({ message }) => `: ${message}`).join(' ');
    troubledMs = trouble === '' ? undefined : (troubledMs ?? performance.now());
    const endMs = troubledMs === undefined ? untilMs : Math.min(untilMs, troubledMs + TROUBLE_MS);
    if (performance.now() >= endMs)
      throw new OperatorError(
        `no results yet of ${missing.map(([, name]) => name).join(', ')}${trouble}`,
        ExitCode.NOT_YET,
      );
    await sleep(LOOK_MS);
  }
}

function previewTable(found: Found, names: Begun['pools']): string {
  const rows = Object.entries(found).flatMap(([pool, { origins }]) =>
    resultRows(origins).map((row) => [names[pool] ?? pool, ...row]),
  );
  return table(['pool', ...RESULT_COLUMNS], rows);
}
