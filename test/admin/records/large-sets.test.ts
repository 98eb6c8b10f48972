import { afterAll, beforeAll, expect, test } from 'vitest';
import { LARGE_SETS_SHOWN_MAX } from '../../../src/admin/records/large-sets.ts';
import { openRecordsApi, type RecordsApi } from './harness.ts';

let api: RecordsApi;
beforeAll(async () => {
  api = await openRecordsApi();
});
afterAll(() => api.stop());

const addresses = (name: string, from: number, count: number) =>
  Array.from({ length: count }, (_, i) => ({ type: 'A', name, content: `192.0.2.${from + i}` }));
/** Writes records, and returns what the messages say of large sets. */
async function written(posts: object[], more: object = {}): Promise<string[]> {
  const { status, body } = await api.call('POST', `${api.ofApi}/batch`, { posts, ...more });
  expect(status).toBe(200);
  const messages = body.messages as { code: number; message: string }[];
  return messages.filter(({ code }) => code === 10107).map(({ message }) => message);
}

test('a write of a record set that is larger than an answer says so, one of the largest that fits does not', async () => {
  expect(await written(addresses('many', 0, 100))).toEqual([]);
  const says =
    'many.example.org has 101 A records. An answer holds a window of 100 of them, because resolvers refuse larger sets.';
  expect(await written(addresses('many', 100, 1))).toEqual([says]);
  // Records of another type at its name are another set.
  expect(await written([{ type: 'TXT', name: 'many', content: '"x"' }])).toEqual([]);
  const { body } = await api.call('GET', `${api.ofApi}?type=A&name=many.example.org&per_page=200`);
  const [first] = body.result as { id: string }[];
  expect(await written([...addresses('many', 101, 1)], { deletes: [{ id: first!.id }] })).toEqual([says]);
});

test('of many such sets the messages name some', async () => {
  for (let i = 0; i <= LARGE_SETS_SHOWN_MAX; i += 1) await written(addresses(`n${i}`, 0, 100));
  const posts = Array.from({ length: LARGE_SETS_SHOWN_MAX + 1 }, (_, i) => addresses(`n${i}`, 100, 1));
  expect(await written(posts.flat())).toHaveLength(LARGE_SETS_SHOWN_MAX);
});
