import { expect, test } from 'vitest';
import { createReload } from '../../src/commands/reload/reload.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { createLogger } from '../../src/telemetry/log.ts';

test('a reload that fails by a bug is refused, and later ones still reload (found by reading)', async () => {
  const loaded = loadConfig({ env: { LIFEGUARD_LOG_LEVEL: 'warn' } });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  let failures = 1;
  const reload = createReload({
    config: loaded.config,
    read: () => {
      failures -= 1;
      if (failures >= 0) throw new Error('no handles');
      return loaded;
    },
    parts: [],
    log: createLogger({ level: 'silent' }),
  });
  expect(await reload()).toEqual({
    ok: false,
    problems: [{ path: 'reload', message: 'failed: no handles' }],
  });
  expect(await reload()).toEqual({ ok: true, changed: [], waiting: [] });
});
