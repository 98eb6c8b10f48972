import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { openEmbeddedStore } from '../../src/store/embedded/embedded.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { putPool } from '../store/contract/samples.ts';

test('the explanation of a pool that cannot be read said NXDOMAIN and gave no reason, while the answer is SERVFAIL', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-explain-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'lifeguard.sqlite');
  const store = openEmbeddedStore(path);
  for (const id of ['web', 'app']) await store.commit([putPool(id, { unique: [id] })]);
  await store.close();
  const file = new DatabaseSync(path);
  file.exec(`UPDATE document SET value = '{broken' WHERE id = 'web'; DELETE FROM change`);
  file.close();
  const loaded = loadConfig({
    env: {
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      LIFEGUARD_DATA_DIR: directory,
    },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const node = await start(loaded.config, createLogger({ level: 'silent' }), { monitor: false });
  onTestFinished(() => node.stop());
  const explain = async (query: string) => {
    const response = await fetch(`${node.api}/lifeguard/v1/explain?${query}`, {
      headers: { authorization: `Bearer ${node.token}` },
    });
    return ((await response.json()) as { result: Record<string, unknown> }).result;
  };
  const hint =
    'The document of pool "web" is damaged, and this node knows no earlier value of it, so it answers SERVFAIL. Write the pool again with the API, or delete it.';
  expect(await explain('name=web.pools.example.com')).toMatchObject({
    rcode: 'SERVFAIL',
    answer: [],
    hint,
    pools: [],
  });
  expect(await explain('name=app.pools.example.com')).toMatchObject({ rcode: 'NOERROR', hint: null });
  expect(await explain('name=x.pools.example.com')).toMatchObject({
    rcode: 'NXDOMAIN',
    hint: expect.stringContaining('Pools are answered below'),
  });
});
