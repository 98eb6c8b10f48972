import { setTimeout as sleep } from 'node:timers/promises';
import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { ExitCode, OperatorError } from '../commands/exit.ts';
import { type Answer, type ApiClient, clientOf } from './api.ts';
import { leaf, type Shared } from './command.ts';
import { durationMs } from './duration.ts';
import { LOAD_BALANCERS, nameOrIdentifier, objectCalled } from './objects.ts';
import { print } from './print.ts';
import { type ActiveOverrides, overridesInForce } from './resource/overrides.ts';
import { POOLS, type PoolShown } from './resource/pools.ts';
import { REVISION_WAIT, servedText, waitForRevision } from './revision.ts';

/** Pause between two looks at a pool, milliseconds. */
const LOOK_MS = 500;

/** Adds the command that waits for a revision, or for a pool to be healthy. */
export function addWaitCommand(program: Command): void {
  leaf(
    program,
    'wait',
    'Wait until every live node serves a revision, or until a pool is healthy',
    'wait 12 --within 1m',
  )
    .addArgument(new Argument('[revision]', 'Revision, as a write prints it').argParser(revisionIn))
    .option(
      '--until-healthy <pool>',
      `Wait until this pool is healthy: ${nameOrIdentifier(POOLS).toLowerCase()}`,
    )
    .addOption(
      new Option('--within <time>', 'Maximum time to wait, for both together')
        .argParser(durationMs)
        .default(durationMs(REVISION_WAIT), REVISION_WAIT),
    )
    .action(
      async (
        revision: number | undefined,
        options: Shared & { readonly within: number; readonly untilHealthy?: string },
      ) => {
        const { untilHealthy: pool, within } = options;
        if (revision === undefined && pool === undefined)
          throw new OperatorError(
            'Name a revision, or a pool with --until-healthy.',
            ExitCode.BAD_CONFIGURATION,
          );
        const client = clientOf(options);
        const untilMs = performance.now() + within;
        if (revision !== undefined)
          print(await waitForRevision(client, revision, within), options, servedText);
        if (pool === undefined) return;
        const found = await objectCalled(POOLS, client, pool);
        print(await waitUntilHealthy(client, found, untilMs), options, healthyText);
      },
    );
}

/** Waits until the server that is asked serves a pool as healthy. Throws OperatorError, NOT_YET when the time is over. */
async function waitUntilHealthy(
  client: ApiClient,
  { id }: PoolShown,
  untilMs: number,
): Promise<Answer<PoolShown>> {
  for (;;) {
    const answer = await client.ask<PoolShown>('GET', `${LOAD_BALANCERS}/pools/${id}`);
    if (answer.result.healthy) return answer;
    if (performance.now() >= untilMs)
      throw new OperatorError(unhealthyText(answer.result, await overridesInForce(client)), ExitCode.NOT_YET);
    await sleep(Math.max(0, Math.min(LOOK_MS, untilMs - performance.now())));
  }
}

function healthyText({ name, origins }: PoolShown): string {
  const healthy = origins.filter((each) => each.healthy).length;
  return `Pool "${name}" is healthy: ${healthy} of ${origins.length} endpoints are.\n`;
}

function unhealthyText(
  { name, enabled, monitor, monitor_group: group, origins }: PoolShown,
  overrides: ActiveOverrides,
): string {
  if (!enabled) return `Pool "${name}" is disabled, so nothing checks it.`;
  if (!monitor && !group) return `Pool "${name}" has no monitor, so its health is not known.`;
  const others = origins.flatMap(({ name: endpoint, healthy, failure_reason: reason }) => {
    const override = overrides.of(name, endpoint);
    if (override !== undefined) return [`${endpoint} (override ${override})`];
    return healthy ? [] : [`${endpoint} (${reason ?? 'no result yet'})`];
  });
  return `Pool "${name}" is not healthy. Look at these endpoints: ${others.join(', ') || 'it has too few'}.`;
}

function revisionIn(text: string): number {
  if (/^[0-9]{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a revision: a whole number such as 12.');
}
