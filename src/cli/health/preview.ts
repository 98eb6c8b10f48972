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

/** Time between two requests for the results, milliseconds. */
const LOOK_MS = 200;
/** Time to wait after the server says why results may be missing, milliseconds; the trouble may end soon. */
const TROUBLE_MS = 5_000;
/** The default of --within. */
const PREVIEW_WAIT = '30s';

type Found = Readonly<Record<string, HealthShown['pop_health'][string]>>;

interface Previewing extends Shared {
  readonly monitor?: string;
  readonly within: number;
}

/** Adds the command that previews a monitor. */
export function addPreviewCommand(program: Command): void {
  const fields = MONITORS.fields().filter(({ key }) => key !== 'description');
  addFields(
    leaf(
      program,
      'preview',
      'Try a monitor on a pool, or on all pools that use it, without an effect on them',
      'preview web --timeout 2 --path /health',
    ),
    fields,
  )
    .argument('[pool]', 'Name or identifier of the pool (default: all pools that use the monitor)')
    .option(
      '-m, --monitor <monitor>',
      'Monitor to begin with: description or identifier (default: the monitor of the pool)',
    )
    .addOption(
      new Option('--within <time>', 'Maximum time to wait for the results')
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

/** Makes the request for a preview. That of a pool takes a whole monitor, that of a monitor only what differs from it. */
async function asked(
  client: ApiClient,
  called: string | undefined,
  { monitor: wanted }: Previewing,
  changes: Body,
): Promise<{ path: string; body: Body; names: Begun['pools'] }> {
  const monitor = wanted === undefined ? undefined : await objectCalled(MONITORS, client, wanted);
  if (called === undefined) {
    if (monitor === undefined)
      throw new OperatorError(
        'There is nothing to try: name a pool, or a monitor with --monitor.',
        ExitCode.BAD_CONFIGURATION,
      );
    return { path: `/monitors/${monitor.id}`, body: changes, names: {} };
  }
  const pool = await objectCalled(POOLS, client, called);
  const own = monitor ?? (pool.monitor ? await objectCalled(MONITORS, client, pool.monitor) : undefined);
  if (own === undefined && Object.keys(changes).length === 0)
    throw new OperatorError(
      `Pool "${pool.name}" has no monitor of its own. Use --monitor, or the options of a monitor such as --type.`,
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
        `There are no results yet for ${missing.map(([, name]) => `pool "${name}"`).join(', ')}${trouble || '.'}`,
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
