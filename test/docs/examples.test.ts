import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { settings } from '../../packaging/manual/settings.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { readTree } from '../support/source-tree.ts';
import { fencesOf } from './fences.ts';

/** The first parts of the keys of the configuration. */
const SECTIONS = new Set(settings().map(({ key }) => /^\w+/.exec(key)![0]));

/** Every YAML block of the pages that has sections of the configuration, and no other keys. */
const configurations = [...readTree('*.md', 'docs/*.md')].flatMap(([page, text]) =>
  fencesOf(text)
    .filter(({ language }) => language === 'yaml')
    .map((fence) => ({ page, text: fence.text, keys: Object.keys(parse(fence.text)) }))
    .filter(({ keys }) => keys.every((key) => SECTIONS.has(key))),
);

test('the pages have examples of the configuration', () => {
  expect(configurations.length).toBeGreaterThan(8);
});

/** The zone file that an example names. */
const ZONE = `$ORIGIN example.com.
@ 300 SOA ns1.example.net. hostmaster.example.com. 1 3600 600 1209600 10
@ 300 NS ns1.example.net.
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeguard-pages-'));
  writeFileSync(join(folder, 'db.example.com'), ZONE);
});
afterAll(() => rmSync(folder, { recursive: true }));

test.each(configurations)('$page: the example with $keys is valid', ({ text }) => {
  const path = join(folder, 'lifeguard.yaml');
  writeFileSync(path, text);
  const loaded = loadConfig({ path, env: {} });
  expect('problems' in loaded ? loaded.problems : []).toEqual([]);
});
