/** Processes whose data directory is on a disk that becomes full, or takes no writes any more. */
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { call, create } from '../../support/api.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard } from '../../support/lifeguard.ts';
import { runProgram } from '../../support/run-program.ts';
import { startRedis } from '../../support/server/redis.ts';
import { startWeb } from '../../support/server/web.ts';
import { expectAddresses, expectAddressesNow, makePool } from '../health/scenario.ts';
import { mounting, mountJournalDisk, mountMemoryDisk, type SmallDisk } from './small-disk.ts';

const MOUNTS = mounting('a disk that is full or fails');
const soon = { timeout: 40_000, interval: 100 };

afterEach(endAll);

function ofTest<D extends SmallDisk>(disk: D): D {
  onTestFinished(async () => {
    await endAll();
    disk.remove();
  });
  return disk;
}

const readiness = async (of: LifeguardProcess) =>
  (await (await fetch(new URL('/readyz', of.api))).json()) as { readonly ready: boolean };
const write = (to: LifeguardProcess, port: number) => call(to, 'POST', '/monitors', { type: 'tcp', port });
/** Writes until one is refused, and returns the ports that were acknowledged. */
async function writeUntilRefused(to: LifeguardProcess): Promise<number[]> {
  const acknowledged: number[] = [];
  const one = async () => {
    const port = 1_000 + acknowledged.length;
    const { status } = await write(to, port);
    if (status === 200) acknowledged.push(port);
    return status;
  };
  await expect.poll(one, { ...soon, interval: 1 }).toBe(503);
  return acknowledged;
}
const portsIn = async (of: LifeguardProcess) =>
  ((await call(of, 'GET', '/monitors?per_page=1000')).result as { port: number }[]).map(({ port }) => port);

async function watchedPool(env: Readonly<Record<string, string>>) {
  const web = await startWeb('127.0.0.1');
  onTestFinished(() => web.stop());
  const all = await startLifeguard('all', env);
  await makePool(all, [web]);
  await expectAddresses(all.dns, ['127.0.0.1'], 20_000);
  return { all, web };
}

describe.skipIf(MOUNTS.missing)(MOUNTS.title, () => {
  test('a full disk refuses writes and no query, and keeps what it acknowledged, also by a kill and a start on a full disk', async () => {
    const disk = ofTest(mountMemoryDisk());
    const env = { LIFEGUARD_DATA_DIR: disk.directory };
    const { all } = await watchedPool(env);
    const free = disk.fill();
    const acknowledged = await writeUntilRefused(all);
    await expect.poll(() => readiness(all), soon).toMatchObject({ alarms: ['store_refuses'] });
    await expectAddressesNow(all.dns, ['127.0.0.1']);
    free();
    await expect.poll(() => readiness(all), soon).toEqual({ ready: true });
    await expect.poll(async () => (await write(all, 2_000)).status, soon).toBe(200);
    await all.end('SIGKILL');
    disk.fill();
    const again = await startLifeguard('all', env);
    expect(await portsIn(again)).toEqual(expect.arrayContaining([...acknowledged, 2_000]));
    await expectAddresses(again.dns, ['127.0.0.1'], 20_000);
  }, 90_000);

  test('a disk that takes no writes after an error stops no answer, and has what was acknowledged after its repair', async () => {
    const disk = ofTest(mountJournalDisk());
    const env = { LIFEGUARD_DATA_DIR: disk.directory };
    const { all } = await watchedPool(env);
    disk.fail();
    const acknowledged = await writeUntilRefused(all);
    await expect.poll(() => readiness(all), soon).toMatchObject({ alarms: ['store_refuses'] });
    await expectAddressesNow(all.dns, ['127.0.0.1']);
    await all.end();
    disk.repair();
    const again = await startLifeguard('all', env);
    expect(await portsIn(again)).toEqual(expect.arrayContaining(acknowledged));
    await expectAddresses(again.dns, ['127.0.0.1'], 20_000);
  }, 90_000);

  test.each([
    [
      'full',
      () => {
        const disk = ofTest(mountMemoryDisk());
        disk.fill();
        return disk;
      },
      'its disk is full',
    ],
    [
      'read-only',
      () => {
        const disk = ofTest(mountJournalDisk());
        disk.fail();
        return disk;
      },
      'its file system is read-only',
    ],
  ] as const)(
    'a server on a disk that is %s does not start, and says so',
    async (_, prepared, why) => {
      const { directory } = prepared();
      const run = await runProgram('env', [
        'LIFEGUARD_DNS_LISTEN=127.0.0.1:0',
        'LIFEGUARD_API_LISTEN=127.0.0.1:0',
        `LIFEGUARD_DATA_DIR=${directory}`,
        process.execPath,
        PROGRAM,
        'all',
      ]);
      expect(run.stderr).toContain(`Cannot use the data directory ${directory}: ${why}. `);
      expect(run.stderr).not.toMatch(/\n\s+at /);
      expect(run.code).toBe(1);
    },
    60_000,
  );

  test('a server of Redis with a full data directory goes on, and its last good state is complete when there is room', async () => {
    const disk = ofTest(mountMemoryDisk());
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const env = { LIFEGUARD_REDIS_URL: redis.url, LIFEGUARD_DATA_DIR: disk.directory };
    const node = await startLifeguard('serve', env);
    const free = disk.fill();
    const said = () =>
      node.log.filter(({ msg }) =>
        String(msg).startsWith('Cannot write the last good state to the data directory. Lifeguard keeps it'),
      );
    let made = 0;
    const filled = async () => {
      made += 1;
      await create(node, '/pools', { name: `p${made}`, origins: [{ name: 'a', address: '192.0.2.1' }] });
      return said().length;
    };
    await expect.poll(filled, { ...soon, interval: 1 }).toBe(1);
    await expect.poll(async () => (await readiness(node)).ready, soon).toBe(true);
    free();
    await node.end();
    await redis.stop();
    const again = await startLifeguard('serve', env);
    const digest = again.log.find(({ msg }) => msg === 'Starting from the last good state.');
    expect(digest).toMatchObject({ pools: made });
  }, 90_000);
});
