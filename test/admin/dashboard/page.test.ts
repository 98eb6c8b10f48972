import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readAssets } from '../../../src/admin/dashboard/assets.ts';
import { PROJECT } from '../../support/source-tree.ts';
import { openTestAdmin, type TestAdmin } from '../server.ts';

/** Octets that all of the dashboard may have on the way, compressed. */
const OCTETS_MAX = 150 * 1_024;
let api: TestAdmin;
beforeAll(async () => {
  api = await openTestAdmin();
});
afterAll(() => api.stop());

test('the page allows no script but its own, and no other page to show it', async () => {
  const answer = await fetch(api.url);
  const html = await answer.text();
  const policy = answer.headers.get('content-security-policy')!;
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  for (const part of ["default-src 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"])
    expect(policy).toContain(part);
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
  const [, map] = /<script type="importmap">(.*)<\/script>/.exec(html)!;
  expect(policy).toContain(`'sha256-${createHash('sha256').update(map!).digest('base64')}'`);
  expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
});

test.each(['/pools', '/pools/0123456789abcdef0123456789abcdef', '/events?kind=pool', '/pools/'])(
  '%s is a view of the same page',
  async (path) => {
    expect(await (await fetch(api.url + path)).text()).toBe(await (await fetch(api.url)).text());
  },
);

test('every file that the page names is there, may be kept for ever, and comes compressed where that is asked for', async () => {
  const html = await (await fetch(api.url)).text();
  const paths = [...html.matchAll(/"(\/dashboard\/[^"]+)"/g)].map(([, path]) => path!);
  expect(paths.length).toBeGreaterThan(10);
  for (const path of new Set(paths)) {
    const answer = await fetch(api.url + path, { headers: { 'accept-encoding': 'gzip' } });
    expect([path, answer.status, answer.headers.get('content-encoding')]).toEqual([path, 200, 'gzip']);
    expect(answer.headers.get('cache-control')).toContain('immutable');
  }
  const plain = await fetch(api.url + paths[0], { headers: { 'accept-encoding': 'identity' } });
  expect(plain.headers.get('content-encoding')).toBeNull();
  const old = await fetch(api.url + paths[0]!.replace(/\/[0-9a-f]{16}\//, '/0000000000000000/'));
  expect([old.status, (await fetch(`${api.url}/`, { method: 'POST' })).status]).toEqual([404, 405]);
});

test(`all files together have at most ${OCTETS_MAX} octets, compressed`, async () => {
  const { files } = await readAssets();
  const octets = [...files.values()].reduce((sum, file) => sum + file.gzip.length, 0);
  expect(octets).toBeLessThanOrEqual(OCTETS_MAX);
});

test('nothing of the dashboard makes markup of text', () => {
  const files = globSync('src/dashboard/**/*.js', { cwd: PROJECT });
  const marked = files.filter((file) =>
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/.test(
      readFileSync(join(PROJECT, file), 'utf8'),
    ),
  );
  expect([files.length > 10, marked]).toEqual([true, []]);
});
