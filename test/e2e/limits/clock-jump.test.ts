import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFalseClock, type FalseClock } from '../../storm/clocks/false-clock.ts';
import { readOwn } from '../../support/api.ts';
import { endAll, type LifeguardProcess, startLifeguard } from '../../support/lifeguard.ts';
import { needing } from '../../support/run-program.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, expectAddressesNow, makePool } from '../health/scenario.ts';
import { transitions, workersOf } from '../health/watched.ts';

const FAKETIME = needing('faketime', 'faketime', 'a wall clock that jumps');
const HOUR_SECONDS = 3_600;

describe.skipIf(FAKETIME.missing)(FAKETIME.title, () => {
  let directory: string;
  let clock: FalseClock;
  let all: LifeguardProcess;
  let webs: WebServer[];

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'lifeguard-clock-'));
    webs = await Promise.all([startWeb('127.0.0.1'), startWeb('127.0.0.2')]);
    clock = createFalseClock();
    all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory, ...clock.env });
    await makePool(all, webs);
    await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2'], 20_000);
  });
  afterAll(async () => {
    await endAll();
    await Promise.all(webs.map((web) => web.stop()));
    clock.remove();
    rmSync(directory, { recursive: true });
  });

  test.each([
    ['back', -HOUR_SECONDS],
    ['forward', HOUR_SECONDS],
  ])(
    'an hour %s changes no answer and ends no worker, and endpoints go on to leave and return',
    async (_, seconds) => {
      clock.jump(seconds);
      await expectAddressesNow(all.dns, ['127.0.0.1', '127.0.0.2']);
      await webs[1]!.stop();
      await expectAddresses(all.dns, ['127.0.0.1']);
      await webs[1]!.start();
      await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2']);
      expect(await workersOf(all)).toHaveLength(1);
      expect((await readOwn(all, '/nodes')) as unknown[]).toHaveLength(1);
      expect((await transitions(all, 'worker')).filter((each) => !each.endsWith(' absent live'))).toEqual([]);
    },
    90_000,
  );
});
