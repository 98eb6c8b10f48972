/** Redis that goes back in time under two servers and a monitor, of which some are away meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Pools, replicaOf, type Stage, setStage, until } from '../../storm/set-backs/stage.ts';
import { call } from '../../support/api.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await setStage();
});
afterAll(() => stage.end());

const NAMES = ['a', 'moved', 'undone', 'anew'];
const pools = (text: string): Pools =>
  new Map(text.split(' ').map((each) => each.split('=') as [string, string]));
const FIRST = 'a=192.0.2.1 moved=192.0.2.2';
const LATER = 'a=192.0.2.1 moved=192.0.2.3 undone=192.0.2.4';

async function expectAnswers(wanted: string, nodes = stage.nodes): Promise<void> {
  for (const node of nodes) {
    const { seen } = await until(
      () => stage.answered(node, NAMES),
      (found) => String([...found]) === String([...pools(wanted)]),
    );
    expect([...seen], node.title).toEqual([...pools(wanted)]);
  }
}

async function expectSetBack(isSetBack: boolean, nodes = stage.nodes): Promise<void> {
  for (const node of nodes)
    expect(
      (
        await until(
          () => stage.isSetBack(node),
          (is) => is === isSetBack,
        )
      ).met,
      node.title,
    ).toBe(true);
}

/** A person decides: all serve what Redis has, remember it, and are of its revision. */
async function expectAdopted(wanted: string): Promise<void> {
  await stage.adopt();
  const { revision } = await stage.stored();
  await expectSetBack(false);
  await expectAnswers(wanted);
  for (const node of stage.nodes) {
    const remembered = await until(
      async () => stage.remembered(node),
      (found) => found.size === pools(wanted).size && !found.has('undone'),
    );
    expect(remembered.seen, node.title).toEqual(pools(wanted));
    const served = await until(
      () => stage.revisionOf(node),
      (seen) => seen === revision,
    );
    expect(served.seen, node.title).toBe(revision);
  }
  // The monitor looks again each second. Until then it knows nothing of what is written next.
  const lastTrust = () =>
    stage.monitor.process.log.map(({ msg }) => String(msg)).findLast((msg) => msg.includes('be trusted'));
  await expect.poll(lastTrust, { timeout: 40_000 }).toContain('can be trusted again');
}

const isDistrusted = (since: number) =>
  stage.monitor.process.log
    .slice(since)
    .map(({ msg }) => String(msg).includes('cannot be trusted'))
    .includes(true);

test('a node that was paused while an older dump was loaded served a mixture without end', async () => {
  const [one, two] = stage.nodes as [Stage['nodes'][0], Stage['nodes'][0]];
  await stage.write(pools(FIRST));
  await expectAnswers(FIRST);
  const dump = await stage.redis.dump();
  await stage.write(pools('moved=192.0.2.3 undone=192.0.2.4'));
  await expectAnswers(LATER);
  await until(
    async () => stage.remembered(two),
    (found) => found.has('undone'),
  );
  two.process.process.kill('SIGSTOP');
  const said = stage.monitor.process.log.length;
  await stage.redis.restore(dump);
  await expectSetBack(true, [one]);
  // Somebody who knows of nothing writes as many revisions as were undone, and more.
  await stage.write(pools('anew=192.0.2.5'));
  await stage.write(pools('anew=192.0.2.6'));
  two.process.process.kill('SIGCONT');
  await expectSetBack(true);
  await expectAnswers(LATER);
  for (const node of stage.nodes) {
    expect(stage.remembered(node)).toEqual(pools(LATER));
    // What is written there, nobody would see.
    const origins = [{ name: 'a', address: '192.0.2.9' }];
    expect(await call(node.process, 'POST', '/pools', { name: 'lost', origins })).toMatchObject({
      status: 503,
      errors: [{ code: 1510, message: expect.stringContaining('lifeguard store adopt') }],
    });
  }
  await expect.poll(() => isDistrusted(said), { timeout: 40_000 }).toBe(true);
  await expectAdopted(`${FIRST} anew=192.0.2.6`);
});

test('an outdated replica that is promoted is noticed by running and new nodes, and by the monitor', async () => {
  const two = stage.nodes[1]!;
  await stage.write(pools(FIRST), ['anew']);
  await expectAnswers(FIRST);
  const replica = await replicaOf(stage.redis);
  await stage.write(pools('moved=192.0.2.3 undone=192.0.2.4'));
  await expectAnswers(LATER);
  await until(
    async () => stage.remembered(two),
    (found) => found.has('undone'),
  );
  await two.kill();
  const said = stage.monitor.process.log.length;
  const old = stage.redis;
  stage.redis = replica;
  stage.link.lead(replica.port);
  await old.stop();
  await two.revive();
  await expectSetBack(true);
  await expectAnswers(LATER);
  await expect.poll(() => isDistrusted(said), { timeout: 40_000 }).toBe(true);
  await expectAdopted(FIRST);
});
