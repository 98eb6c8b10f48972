import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { keptToken } from '../../src/commands/admin-token.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-token-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test('the first start makes a token for its owner alone, every other finds it', () => {
  const { token, path, isNew } = keptToken(directory);
  expect({ path, isNew, mode: modeOf(path) }).toEqual({
    path: join(directory, 'admin-token'),
    isNew: true,
    mode: 0o600,
  });
  expect(token).toMatch(/^[\w-]{43}$/);
  expect(readFileSync(path, 'utf8')).toBe(`${token}\n`);
  expect(keptToken(directory)).toEqual({ token, path, isNew: false });
});

test('one that others could read is made private', () => {
  const { token, path } = keptToken(directory);
  chmodSync(path, 0o644);
  expect(keptToken(directory).token).toBe(token);
  expect(modeOf(path)).toBe(0o600);
});

test('what a crash left behind, readable by all, becomes no token', () => {
  const left = join(directory, 'admin-token.new');
  writeFileSync(left, 'half', { mode: 0o644 });
  const { token, path } = keptToken(directory);
  expect(token).not.toContain('half');
  expect(modeOf(path)).toBe(0o600);
});
