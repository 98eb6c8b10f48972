import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configurationPage } from '../../packaging/manual/configuration-page.ts';
import { settings, WORDS } from '../../packaging/manual/settings.ts';
import { ENVIRONMENT } from '../../src/config/source/environment.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { readTree } from '../support/source-tree.ts';
import { fileInPages } from './fences.ts';

const all = settings();
const keys = all.map(({ key }) => key);

test('docs/CONFIGURATION.md is what "npm run docs:configuration" makes', () => {
  expect(readTree('docs/CONFIGURATION.md').get('docs/CONFIGURATION.md')).toBe(configurationPage());
});

test('packaging/manual/settings.yaml has the meaning of every setting, and no other', () => {
  expect(Object.keys(WORDS).toSorted()).toEqual(keys.toSorted());
});

test('every meaning says something, and every default can be read', () => {
  for (const { key, meaning, fallback } of all) {
    expect([key, meaning]).toEqual([key, expect.stringMatching(/^\S.*[.,]$/)]);
    expect([key, fallback]).not.toEqual([key, expect.stringMatching(/see the meaning|object/)]);
  }
});

test('every environment variable overrides one setting, but that of the file itself', () => {
  const named = all.flatMap(({ variable }) => variable ?? []);
  const variables = Object.keys(ENVIRONMENT).filter((name) => name !== 'LIFEGUARD_CONFIG');
  expect(named.toSorted()).toEqual(variables.toSorted());
  expect(all.find(({ variable }) => variable === 'LIFEGUARD_REGION')?.key).toBe('region');
  expect(all.find(({ variable }) => variable === 'LIFEGUARD_SMTP_PASSWORD')?.key).toBe(
    'notifications.smtp.password',
  );
});

test('every key of config/lifeguard.yaml is a setting, and every key that is read', () => {
  const sample = readTree('config/lifeguard.yaml').get('config/lifeguard.yaml')!;
  // Keys that are left out there are in comments of their own.
  const whole = sample.replaceAll(/^( *)# (\w+): .*$/gm, '$1$2: left out');
  const wanted = [...new Set(leaves(parse(whole), ''))];
  expect(wanted.length).toBeGreaterThan(25);
  expect(wanted.filter((key) => !keys.includes(key))).toEqual([]);

  // A reader that hides what another takes would hide its keys here (shapedAs).
  const sources = [...readTree('src/config/**/*.ts', 'src/zone/authoring/*.ts').values()].join('\n');
  const read = [...sources.matchAll(/^ +([a-z_]+): (?:optional|required)\(/gm)].map(([, key]) => key!);
  const named = new Set(keys.flatMap((key) => key.split(/[.[\]]+/)));
  expect(read.length).toBeGreaterThan(80);
  expect(read.filter((key) => !named.has(key))).toEqual([]);
});

test('the configuration of a delegated zone is valid', () => {
  const loaded = loadConfig({ env: {}, readFile: () => Buffer.from(fileInPages('lifeguard.yaml')) });
  expect(loaded).toMatchObject({ ok: true, config: { dns: { listen: [{ port: 53 }] } } });
});

/** The paths of everything in a document that is no mapping and no list of mappings. */
function leaves(value: unknown, path: string): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === 'object'))
    return value.flatMap((item) => leaves(item, `${path}[]`));
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path];
  return Object.entries(value).flatMap(([key, inner]) => leaves(inner, path ? `${path}.${key}` : key));
}
