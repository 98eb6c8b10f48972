import fs from 'node:fs';
import { expect, test, vi } from 'vitest';
import { POOLS, startTestAdmin } from '../server.ts';

/** What a page loads: every address in its tags. */
const addressesIn = (html: string) =>
  [...html.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address!);

test.each(['/docs', '/docs/'])(
  '%s is a page that needs no token and loads all its parts from this server',
  async (path) => {
    const api = await startTestAdmin();
    const page = await fetch(api.url + path);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    const html = await page.text();
    expect(html).not.toMatch(/https?:\/\//);
    // Nothing that the policy would not run.
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)|<style|\son[a-z]+=|\sstyle=/i);
    const parts = addressesIn(html).map((address) => new URL(address, page.url));
    expect(parts.length).toBeGreaterThan(4);
    for (const part of parts) {
      expect(part.origin).toBe(api.url);
      const answer = await fetch(part);
      expect([part.pathname, answer.status]).toEqual([part.pathname, 200]);
      const kind = { css: 'text/css', js: /javascript/, png: 'image/png' }[part.pathname.split('.').at(-1)!];
      expect(answer.headers.get('content-type')).toMatch(kind!);
      expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(0);
    }
  },
);

test('the policy of the page allows nothing from other origins, and no framing', async () => {
  const api = await startTestAdmin();
  const { headers } = await fetch(`${api.url}/docs/`);
  const policy = headers.get('content-security-policy')!.split('; ');
  expect(policy).toContain("default-src 'none'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy.join(' ')).not.toMatch(/unsafe|https?:|\*/);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  const start = await (await fetch(`${api.url}/docs/static/swagger-initializer.js`)).text();
  expect(start).toContain('validatorUrl: null');
  expect(start).not.toMatch(/['"]https?:\/\//);
});

test('the page shows the document of /openapi.json, with the identifiers of objects that exist', async () => {
  const api = await startTestAdmin();
  const pool = { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] };
  const { id } = (await api.call('POST', POOLS, pool)).body.result;
  const read = async (path: string) => (await fetch(api.url + path)).json();
  const shown = await read('/docs/json');
  expect(shown).toEqual(await read('/openapi.json'));
  expect(JSON.stringify(shown)).toContain(id);
});

test('an unknown path below the page gets 404', async () => {
  const api = await startTestAdmin();
  for (const path of [
    '/docs/static/nothing.js',
    '/docs/nothing',
    '/docs/yaml',
    '/docs/static/..%2f..%2fpackage.json',
  ]) {
    const answer = await fetch(api.url + path);
    expect([path, answer.status]).toEqual([path, 404]);
    expect(((await answer.json()) as { errors: unknown[] }).errors[0]).toMatchObject({ code: 7003 });
  }
  const posted = await fetch(`${api.url}/docs`, { method: 'POST' });
  expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'HEAD, GET']);
});

test('the parts of the page are read once (each request without a token read them anew, which took 29 ms of the main thread)', async () => {
  const api = await startTestAdmin();
  const bundle = `${api.url}/docs/static/swagger-ui-bundle.js`;
  const first = await fetch(bundle);
  expect([first.status, first.headers.get('content-encoding')]).toEqual([200, 'gzip']);
  const reads = vi.spyOn(fs, 'createReadStream');
  const plain = await fetch(bundle, { headers: { 'accept-encoding': 'identity' } });
  expect(await plain.text()).toBe(await first.text());
  const tag = plain.headers.get('etag')!;
  const again = await fetch(bundle, { headers: { 'if-none-match': tag } });
  expect([again.status, await again.text()]).toEqual([304, '']);
  expect(reads).not.toHaveBeenCalled();
  reads.mockRestore();
});
