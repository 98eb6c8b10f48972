import { setTimeout as sleep } from 'node:timers/promises';
import { oneOf, type Random } from '../../fuzz/random.ts';
import { type Pools, replicaOf, SOON_MS, type Stage, textOf, until } from './stage.ts';

/** How Redis goes back: it is started with an older dump, given one while it runs, or a replica that lags takes its place. */
const WAYS = ['restart', 'reload', 'replica'] as const;
/** What a node does meanwhile: it runs, it is paused (SIGSTOP) or killed, before or after the writes that are undone. */
const MANNERS = ['runs', 'paused', 'killed', 'paused before', 'killed before', 'restarts'] as const;

/** One way in which Redis may go back. */
export interface Case {
  readonly way: (typeof WAYS)[number];
  readonly manners: readonly (typeof MANNERS)[number][];
  /** Commits that are undone, and commits that somebody makes afterwards. */
  readonly undone: number;
  readonly anew: number;
}

/** Draws a case for two nodes. */
export function drawCase(random: Random): Case {
  const undone = 1 + random(3);
  return {
    way: oneOf(random, WAYS),
    manners: [oneOf(random, MANNERS), oneOf(random, MANNERS)],
    undone,
    anew: oneOf(random, [0, undone - 1, undone, undone + 2]),
  };
}

const NAMES = Array.from({ length: 12 }, (_, i) => `p${i}`);
let version = 0;

/** Some pools that are put, and some that are deleted. */
function changesOf(present: Pools): { puts: Pools; deletes: string[] } {
  version += 1;
  const puts = new Map<string, string>();
  for (let i = 0; i < 3; i += 1)
    puts.set(NAMES[(version * 5 + i * 7) % NAMES.length]!, `10.${version >> 8}.${version & 255}.${i}`);
  const deletes = [...present.keys()].filter((name) => !puts.has(name)).slice(0, version % 2);
  return { puts, deletes };
}

/** Runs a case; what went otherwise than it must. */
export async function runCase(stage: Stage, { way, manners, undone, anew }: Case): Promise<string[]> {
  const wrong: string[] = [];
  const { nodes, link } = stage;
  const commit = async (times: number): Promise<Pools[]> => {
    const states: Pools[] = [];
    for (let i = 0; i < times; i += 1) {
      const { puts, deletes } = changesOf((await stage.stored()).pools);
      await stage.write(puts, deletes);
      states.push((await stage.stored()).pools);
    }
    return states;
  };
  const expectAnswers = async (at: number, wanted: Pools, when: string, or: readonly Pools[] = []) => {
    const look = async () => textOf(await stage.answered(nodes[at]!, NAMES));
    const { met, seen } = await until(look, (text) => [wanted, ...or].map(textOf).includes(text));
    if (!met) wrong.push(`${nodes[at]!.title} ${when} answers ${seen}, not ${textOf(wanted)}`);
  };
  const away = async (at: number, manner: string) => {
    if (manner.startsWith('paused')) nodes[at]!.process.process.kill('SIGSTOP');
    if (manner.startsWith('killed')) await nodes[at]!.kill();
  };

  await commit(2);
  const before = await stage.stored();
  for (const at of [0, 1]) await expectAnswers(at, before.pools, 'before');
  // What is written last is in no file yet.
  await sleep(200);
  const replica = way === 'replica' ? await replicaOf(stage.redis) : undefined;
  const dump = replica === undefined ? await stage.redis.dump() : undefined;
  for (const [at, manner] of manners.entries()) if (manner.endsWith('before')) await away(at, manner);
  const [first] = await commit(undone);
  const later = await stage.stored();
  for (const [at, manner] of manners.entries())
    if (!manner.endsWith('before')) await expectAnswers(at, later.pools, 'with what is undone');
  await sleep(200);
  for (const [at, manner] of manners.entries()) if (!manner.endsWith('before')) await away(at, manner);

  if (way === 'restart') await stage.redis.restore(dump!);
  else if (way === 'reload') await stage.redis.reload(dump!);
  else {
    const old = stage.redis;
    stage.redis = replica!;
    link.lead(replica!.port);
    await old.stop();
  }
  await commit(anew);
  const now = await stage.stored();
  for (const [at, manner] of manners.entries()) {
    if (manner.startsWith('paused')) nodes[at]!.process.process.kill('SIGCONT');
    if (manner.startsWith('killed')) await nodes[at]!.revive();
    if (manner === 'restarts') {
      await nodes[at]!.kill();
      await nodes[at]!.revive();
    }
  }
  for (const [at, manner] of manners.entries()) {
    const isBehind = manner.endsWith('before');
    const node = nodes[at]!;
    if (!isBehind) {
      const { met } = await until(
        () => stage.isSetBack(node),
        (is) => is,
      );
      if (!met) wrong.push(`${node.title} does not tell within ${SOON_MS / 1_000} s that Redis was set back`);
      if (textOf(stage.remembered(node)) !== textOf(later.pools))
        wrong.push(`${node.title} remembers ${textOf(stage.remembered(node))}, not ${textOf(later.pools)}`);
    }
    // Who is paused has the next revision, which Redis sent to it, in its socket.
    const next = manner === 'paused before' ? [first!] : [];
    await expectAnswers(at, isBehind ? now.pools : later.pools, 'of a Redis that was set back', next);
    if (manner === 'killed before' && (await stage.isSetBack(node)))
      wrong.push(`${node.title} tells of a set back that it did not see`);
  }
  await stage.adopt();
  for (const [at, node] of nodes.entries()) {
    await expectAnswers(at, now.pools, 'after it was adopted');
    const revision = await until(
      () => stage.revisionOf(node),
      (seen) => seen === now.revision,
    );
    if (!revision.met) wrong.push(`${node.title} serves revision ${revision.seen}, not ${now.revision}`);
    const { met } = await until(
      () => stage.isSetBack(node),
      (is) => !is,
    );
    if (!met) wrong.push(`${node.title} still tells of a set back`);
    const file = await until(
      async () => textOf(stage.remembered(node)),
      (text) => text === textOf(now.pools),
    );
    if (!file.met) wrong.push(`${node.title} remembers ${file.seen}, not ${textOf(now.pools)}`);
  }
  return wrong;
}
