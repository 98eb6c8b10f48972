import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { LAST_GOOD_WAIT_MS, startRefresh } from '../../../src/serve/follow/refresh.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { openEmbeddedStore } from '../../../src/store/embedded/embedded.ts';
import { type LastGood, openLastGood } from '../../../src/store/last-good/last-good.ts';
import type { Store } from '../../../src/store/store.ts';
import { asking } from '../../answer/answering.ts';
import { putPool } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const quiet = () => {};
const SERVFAIL = 2;

/** A node over a store; the addresses that it answers for the pool, or the code where there are none. */
function node(store: Store, lastGood: LastGood) {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const { ask } = asking(reader);
  const refresh = startRefresh({
    store,
    lastGood,
    publisher: createPublisher([zoneFile('example.org', '', { pools: 'pools' })], table, () => expect.fail()),
    log: { info: quiet, warn: quiet, error: quiet },
    probersPerRegion: 1,
  });
  const answer = () => {
    const { rcode, answer: records } = ask({ name: 'web.pools.example.org' });
    return rcode === 0 ? records.map(({ line }) => line.split(' ').at(-1)) : rcode;
  };
  return { answer, stop: () => refresh.stop() };
}

test('an outdated last good state was answered although the store was about to load', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-wait-'));
  const store = openEmbeddedStore(join(directory, 'store.sqlite'));
  const path = join(directory, 'last-good.sqlite');
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  const write = (address: string) =>
    store.commit([
      putPool(
        'web',
        {},
        { endpoints: [{ name: 'a', address, enabled: true, weight: 1, flattenCname: false }] },
      ),
    ]);
  /** What is answered first, by a node whose store takes this long. */
  const firstAnswer = async (delayMs: number) => {
    const lastGood = openLastGood(path, () => expect.fail());
    const read = async () => {
      await sleep(delayMs);
      return store.read();
    };
    const { answer, stop } = node({ ...store, read }, lastGood);
    let found = answer();
    while (found === SERVFAIL) {
      await turn();
      found = answer();
    }
    await stop();
    lastGood.close();
    return found;
  };

  await write('192.0.2.1');
  expect(await firstAnswer(0)).toEqual(['192.0.2.1']);
  await write('192.0.2.2');
  // The one that takes its time first: the other remembers what it read.
  expect(await firstAnswer(10 * LAST_GOOD_WAIT_MS)).toEqual(['192.0.2.1']);
  expect(await firstAnswer(5)).toEqual(['192.0.2.2']);
});
