import { expect, onTestFinished, test, vi } from 'vitest';
import { logDamage } from '../../../src/monitor/damage-log.ts';
import { watchDamage } from '../../../src/serve/alarm/damaged-store.ts';
import { createDamage, DAMAGED_MAX } from '../../../src/store/integrity/damage.ts';

test.each([
  [DAMAGED_MAX, '1,000'],
  [DAMAGED_MAX + 1, 'more than 1,000'],
  [3 * DAMAGED_MAX, 'more than 1,000'],
])('of %i damaged records the alarm counted only the 1,001 that were listed', async (records, told) => {
  const damage = createDamage();
  const said: string[] = [];
  const alarms = {
    raise: (_: unknown, detail: string) => void said.push(detail),
    end() {},
    raised: new Map(),
  };
  const log = { info() {}, warn() {}, error: ({ count }: { count?: string }) => void said.push(count!) };
  const examine = async (
    found: (record: { place: string; key: string; field: string; rule: string }) => void,
  ) => {
    for (let i = 0; i < records; i += 1)
      found({ place: 'documents', key: `pool/${i}`, field: '', rule: 'bad' });
    return records;
  };
  onTestFinished(logDamage({ damage } as never, log as never));
  const watched = watchDamage({
    store: { damage, examine } as never,
    alarms,
    log,
    poolNamed: () => undefined,
    changed() {},
  });
  onTestFinished(watched.stop);
  await damage.examine((found) => examine(found));
  await vi.waitFor(() => expect(said).toEqual([expect.stringMatching(`bad; ${told} in all$`), told]), 40_000);
});
