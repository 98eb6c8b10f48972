import { afterAll, expect, test } from 'vitest';
import type { Parameter } from '../openapi/described.ts';
import { ACCOUNT, openTestAdmin } from '../server.ts';

const api = await openTestAdmin();
afterAll(() => api.stop());

interface Parameters {
  readonly get?: { readonly parameters?: readonly Parameter[] };
}

test('a query parameter that is given twice is refused by its name, for every parameter', async () => {
  const document = (await (await fetch(`${api.url}/openapi.json`)).json()) as {
    paths: Record<string, Parameters>;
  };
  const told = Object.entries(document.paths).flatMap(([path, { get }]) =>
    (get?.parameters ?? []).flatMap(({ name, in: place, schema }) =>
      // Of some, as of suppositions, there may be many.
      place === 'query' &&
      ![schema.type].flat().includes('array') &&
      !/{(?!account_id)/.test(path) &&
      !path.endsWith('/live')
        ? [{ path: path.replace('{account_id}', ACCOUNT), name }]
        : [],
    ),
  );
  expect(told.length).toBeGreaterThan(30);
  for (const { path, name } of told) {
    const answer = await api.call('GET', `${path}?${name}=1&${name}=1`);
    const problems = answer.body.errors.filter((each: { source?: { pointer: string } }) =>
      each.source?.pointer.startsWith(`/${name}`),
    );
    expect([path, answer.status, problems]).toEqual([
      path,
      400,
      [
        {
          code: 1002,
          message: `${name} is given twice; give it once: validation failed`,
          source: { pointer: `/${name}` },
        },
      ],
    ]);
  }
});

test('the error says how often a parameter is given, and other problems are listed beside it', async () => {
  const path = `/client/v4/accounts/${ACCOUNT}/load_balancers/pools?page=1&page=2&page=3&per_page=x`;
  const { body } = await api.call('GET', path);
  expect(body.errors.map(({ message }: { message: string }) => message)).toEqual([
    'page is given 3 times; give it once: validation failed',
    expect.stringMatching(/^per_page /),
  ]);
});
