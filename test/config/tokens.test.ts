import { expect, test } from 'vitest';
import { CONFIGURED_TOKENS_MAX } from '../../src/config/tokens.ts';
import { load, problemsOf } from './loading.ts';

const HASH = 'a'.repeat(64);
const file = (...tokens: string[]) => `api:\n  tokens:\n${tokens.map((each) => `    - ${each}\n`).join('')}`;

test('tokens have a name and a hash', () => {
  const loaded = load(
    file(
      `{ name: ci, hash: ${HASH}, scope: edit, pool_prefix: Web-, expires_on: 2020-01-01T00:00:00Z }`,
      `{ name: viewer, hash: ${'0b'.repeat(32)}, scope: read }`,
    ),
  );
  expect(loaded.ok && loaded.config.api.tokens).toEqual([
    { name: 'ci', hash: HASH, scope: 'edit', poolPrefix: 'web-', expiresOn: '2020-01-01T00:00:00Z' },
    { name: 'viewer', hash: '0b'.repeat(32), scope: 'read' },
  ]);
  expect(load('')).toMatchObject({ ok: true, config: { api: { tokens: [] } } });
});

test('the maximum of tokens is accepted, and one more is refused', () => {
  const many = (count: number) =>
    file(
      ...Array.from({ length: count }, (_, i) => {
        const hash = i.toString(16).padStart(63, '0');
        return `{ name: t${i}, hash: a${hash}, scope: read }`;
      }),
    );
  expect(problemsOf(many(CONFIGURED_TOKENS_MAX))).toEqual([]);
  expect(problemsOf(many(CONFIGURED_TOKENS_MAX + 1))).toEqual([
    `api.tokens: has ${CONFIGURED_TOKENS_MAX + 1} items; must have 0 to ${CONFIGURED_TOKENS_MAX}`,
  ]);
});

test.each<[string[], string[]]>([
  [['{}'], ['name', 'hash', 'scope'].map((key) => `api.tokens[0].${key}: is missing`)],
  [
    [`{ name: -x, hash: ${HASH}, scope: read }`],
    ['api.tokens[0].name: "-x" must be 1 to 64 letters, digits and any of . _ -, a letter or digit first'],
  ],
  [
    [`{ name: Bootstrap, hash: ${HASH}, scope: read }`],
    ['api.tokens[0].name: "Bootstrap" is reserved for the token in api.token'],
  ],
  [
    ['{ name: ci, hash: hunter2-hunter2, scope: read }'],
    ['api.tokens[0].hash: must be the SHA-256 of the token in 64 lower-case hexadecimal digits'],
  ],
  [
    [`{ name: ci, hash: ${HASH}, scope: write, expires_on: 2026-02-30T00:00:00Z, pool_prefix: a.b }`],
    [
      'api.tokens[0].scope: "write" is not one of read, edit, admin',
      'api.tokens[0].pool_prefix: "a.b" must be 1 to 63 letters, digits, hyphens or underscores',
      'api.tokens[0].expires_on: "2026-02-30T00:00:00Z" must be a time such as 2026-06-01T12:00:00Z (RFC 3339)',
    ],
  ],
  [
    [`{ name: ci, hash: ${HASH}, scope: admin, pool_prefix: web }`],
    ['api.tokens[0].pool_prefix: is allowed only with scope edit'],
  ],
  [
    [`{ name: ci, hash: ${HASH}, scope: read }`, `{ name: CI, hash: ${HASH}, scope: read }`],
    ['api.tokens: ci and CI have the same name', 'api.tokens: ci and CI have the same hash'],
  ],
])('%j is refused', (tokens, problems) => {
  expect(problemsOf(file(...tokens))).toEqual(problems);
});
