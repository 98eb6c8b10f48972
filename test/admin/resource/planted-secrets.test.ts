import { expect, test } from 'vitest';
import { hashToken } from '../../../src/admin/access/auth.ts';
import { KINDS } from '../../../src/admin/resource/kinds.ts';
import { ACCOUNT, MONITORS, POOLS, startTestAdmin, type TestAdmin, TOKEN, TOKENS } from '../server.ts';

const CREDENTIAL = 'planted-credential-1b2c3d';
const origins = [{ name: 'a', address: '192.0.2.1' }];

/** A secret that was planted: where the API must not show it, and who may see it at the routes of its own kind. */
interface Planted {
  readonly id: string;
  readonly texts: readonly string[];
  /** Routes that show it to tokens without a prefix, those of scope `read` as well; absent: none does. */
  readonly shownAt?: RegExp;
}

/** Plants a secret in each field that a kind declares secret, and writes the document again and deletes it as well. */
const PLANTS: Readonly<Record<string, (api: TestAdmin) => Promise<Planted>>> = {
  'monitor.header': async (api) => {
    const monitor = (field: string) => ({
      type: 'http',
      expected_codes: '200',
      description: `with ${field}`,
      header: { [field]: [CREDENTIAL], Accept: ['text/plain'] },
    });
    const { id } = (await api.call('POST', MONITORS, monitor('Authorization'))).body.result;
    await api.call('PUT', `${MONITORS}/${id}`, monitor('X-Api-Key'));
    await api.call('PATCH', `${MONITORS}/${id}`, { header: { cookie: [CREDENTIAL] } });
    const gone = (await api.call('POST', MONITORS, monitor('Cookie'))).body.result;
    await api.call('DELETE', `${MONITORS}/${gone.id}`);
    const pool = { name: 'web-1', origins, monitor: id };
    const { id: poolId } = (await api.call('POST', POOLS, pool)).body.result;
    await api.call('POST', `${POOLS}/${poolId}/preview`, monitor('Authorization'));
    await api.call('POST', `${MONITORS}/${id}/preview`, {});
    await api.call('POST', '/lifeguard/v1/apply', { monitors: [monitor('X-Other')] });
    // Refused, with the place of the problem.
    await api.call('POST', MONITORS, { ...monitor('bad name'), port: CREDENTIAL });
    return { id, texts: [CREDENTIAL], shownAt: /\/monitors(\/\{id\})?$|\/export$/ };
  },
  'token.hash': async (api) => {
    const { id, token } = (await api.call('POST', TOKENS, { name: 'planted', scope: 'edit' })).body.result;
    const gone = (await api.call('POST', TOKENS, { name: 'gone', scope: 'read' })).body.result;
    await api.call('DELETE', `${TOKENS}/${gone.id}`);
    return { id, texts: [token, gone.token].flatMap((secret) => [secret, hashToken(secret)]) };
  },
};

const BACKUP = '/lifeguard/v1/backup';

const declared = Object.values(KINDS).flatMap(({ kind, secrets }) =>
  Object.keys(secrets).map((field) => `${kind}.${field}`),
);

test('the test has a secret for every field that a kind declares secret', () => {
  expect(Object.keys(PLANTS).sort()).toEqual(declared.sort());
});

test.each(Object.entries(PLANTS))('a secret in %s is shown nowhere else', async (_, plant) => {
  const api = await startTestAdmin();
  const scoped = async (name: string, fields: object) => {
    const { token } = (await api.call('POST', TOKENS, { name, ...fields })).body.result;
    return { authorization: `Bearer ${token}` };
  };
  const admin = {};
  const reader = await scoped('reader', { scope: 'read' });
  const bound = await scoped('bound', { scope: 'edit', pool_prefix: 'web-' });
  const { id, texts, shownAt } = await plant(api);
  const leaks = (text: string) => texts.some((secret) => text.includes(secret));

  const shown = new Set<string>();
  const shownToReader = new Set<string>();
  for (const path of await readablePaths(api))
    for (const headers of [admin, reader, bound]) {
      const target = path.replace('{account_id}', ACCOUNT).replace(/\{(id|revision)\}/, id);
      const found = await textOf(api, target, { authorization: `Bearer ${TOKEN}`, ...headers });
      if (headers === bound) expect(leaks(found), `${path} for a token with a prefix`).toBe(false);
      else if (leaks(found)) (headers === reader ? shownToReader : shown).add(path);
    }
  // A backup has everything, and is for admins alone; of a token it has the hash.
  expect(shown.delete(BACKUP)).toBe(true);
  expect(shownToReader).toEqual(shown);
  expect([...shown].filter((path) => !shownAt?.test(path))).toEqual([]);
  // The search finds what is there to be found.
  if (shownAt !== undefined) expect(shown.size).toBeGreaterThan(2);

  const events = await api.store.events(1_000);
  expect(events.length).toBeGreaterThan(2);
  expect(leaks(JSON.stringify(events))).toBe(false);
  expect(api.logged().length).toBeGreaterThan(100);
  expect(leaks(api.logged())).toBe(false);
});

/** The paths of all routes that read. */
async function readablePaths(api: TestAdmin): Promise<string[]> {
  const { paths } = (await (await fetch(`${api.url}/openapi.json`)).json()) as { paths: object };
  const readable = Object.entries(paths).filter(([, item]) => 'get' in (item as object));
  expect(readable.length).toBeGreaterThan(20);
  return readable.map(([path]) => path);
}

/** The text of an answer; of a stream of events, what comes until the newest event has. */
async function textOf(api: TestAdmin, path: string, headers: Record<string, string>): Promise<string> {
  const events = await api.store.events(1_000);
  const [newest, oldest] = [events[0]!.cursor, events.at(-1)!.cursor];
  const stop = new AbortController();
  const answer = await fetch(api.url + path, {
    headers: { ...headers, 'last-event-id': oldest },
    signal: stop.signal,
  });
  if (!answer.headers.get('content-type')?.startsWith('text/event-stream')) return answer.text();
  let text = '';
  for await (const piece of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += piece;
    if (text.includes(newest)) break;
  }
  stop.abort();
  return text;
}
