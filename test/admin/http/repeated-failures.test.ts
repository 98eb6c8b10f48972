import { expect, test } from 'vitest';
import { POOLS, startTestAdmin } from '../server.ts';

test('while the store is away each failed request was a line of the log: one is, and then their number', async () => {
  const api = await startTestAdmin();
  await api.store.close();
  for (let i = 0; i < 20; i += 1) expect((await api.call('GET', POOLS)).status).toBe(503);
  const lines = () =>
    api
      .logged()
      .split('\n')
      .filter((line) => line.includes('"level":"error"'));
  expect(lines()).toHaveLength(1);
  expect(JSON.parse(lines()[0]!)).toMatchObject({
    method: 'GET',
    path: POOLS,
    msg: expect.stringContaining('The store is unreachable.'),
  });
  await api.stop();
  expect(JSON.parse(lines()[1]!)).toMatchObject({
    count: 19,
    msg: 'More requests ended in the same error.',
  });
});
