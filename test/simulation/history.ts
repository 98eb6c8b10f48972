import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS_MAX } from '../../src/store/event-bounds.ts';
import { happen } from './happenings.ts';
import { isReported } from './judge/bounds.ts';
import { Broken } from './judge/broken.ts';
import { createJudge } from './judge/judge.ts';
import { type Plan, planOf } from './plan.ts';
import { installVirtualTime } from './world/virtual-time.ts';
import { createWorld, type World } from './world/world.ts';

/** What became of a history. */
export interface History {
  readonly plan: Plan;
  /** What broke a rule, and the command that shows it again; undefined: nothing did. */
  readonly broken: { readonly error: unknown; readonly again: string } | undefined;
  readonly events: number;
  readonly virtualMs: number;
  readonly published: number;
  readonly fenced: number;
  /** Events reported by nodes that lead. */
  readonly reported: number;
  /** Notices that the receiver got. */
  readonly notices: number;
  /** Nodes that were replaced, and failovers that undid commits. */
  readonly replaced: number;
  readonly undone: number;
  /** Changes of any node's answers. */
  readonly generations: number;
}

async function isAllReported(world: World): Promise<boolean> {
  const reported = await world.server.eventsAfter(undefined, EVENTS_MAX.told, 'told');
  return isReported(world, await world.server.reported()) && world.receiver.hasAll(reported);
}

/** In one of so many seconds what turned last must have been reported. */
const TELLING_SECONDS = 10;

/** Runs the history of a seed, or only its first steps, or a long one of so many days. The real clocks are back when it is over. */
export async function runHistory(
  seed: number,
  steps?: number,
  reported?: (line: string) => void,
  days = 0,
): Promise<History> {
  const plan = planOf(seed, steps, days);
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-simulation-'));
  const time = installVirtualTime(seed);
  let error: unknown;
  const world = createWorld(plan, time, directory, (fault) => {
    error ??= fault;
  });
  const judge = createJudge(world);
  try {
    const look = () => {
      if (error !== undefined) throw error;
      judge.look();
    };
    for (const step of plan.initial) happen(world, step, judge);
    for (const { atMs, step } of [...plan.steps, ...plan.late]) {
      await time.until(atMs, look);
      reported?.(`${(atMs / 1_000).toFixed(3)} s ${JSON.stringify(step)}`);
      happen(world, step, judge);
      judge.stepped();
    }
    await time.until(plan.endMs, look);
    for (let second = 1; error === undefined && !(await isAllReported(world)); second++) {
      if (second > TELLING_SECONDS)
        throw new Broken('what is served was not reported, or nobody was notified of it', time.nowMs, {});
      await time.until(plan.endMs + second * 1_000, look);
    }
  } catch (thrown) {
    error = thrown;
  } finally {
    for (const { process } of [...world.workers, ...world.nodes]) time.kill(process);
    // What was begun at the very end must not go on by the real clocks.
    await time.until(time.nowMs, () => undefined);
    time.uninstall();
    rmSync(directory, { recursive: true });
  }
  const long = days > 0 ? ` --days ${days}` : '';
  const again = `npm run simulate -- --seed ${seed} --steps ${plan.steps.length}${long}`;
  return {
    plan,
    broken: error === undefined ? undefined : { error, again },
    events: time.events,
    virtualMs: time.nowMs,
    published: world.leaseBook.published,
    fenced: world.leaseBook.fenced,
    reported: world.leadBook.reported,
    notices: world.receiver.notices,
    replaced: world.replaced,
    undone: world.undone,
    generations: world.nodes.reduce((sum, { node }) => sum + node.generation, 0),
  };
}
