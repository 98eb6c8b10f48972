import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const project = fileURLToPath(new URL('../../../', import.meta.url));
let root: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'lifeguard-summary-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The last line of a run over one test file, and its exit status. */
function run(source: string) {
  const file = join(root, 'sample.check.mjs');
  writeFileSync(file, source);
  writeFileSync(
    join(root, 'vitest.config.mjs'),
    `import { summaryReporter } from ${JSON.stringify(`${project}test/support/suite/summary-reporter.ts`)};
     export default { test: { include: ['*.check.mjs'], globals: true, reporters: ['default', summaryReporter()] } };`,
  );
  const vitest = join(project, 'node_modules/vitest/vitest.mjs');
  const { stdout, status } = spawnSync(process.execPath, [vitest, 'run', '--root', root], {
    encoding: 'utf8',
  });
  return { line: stdout.trimEnd().split('\n').at(-1), status };
}

test.each([
  {
    what: 'passed and skipped',
    source: `test('a', () => {}); describe('s', () => { test('b', () => {}); test.skipIf(true)('c', () => {}); });`,
    line: 'tests: 2 passed, 0 failed, 1 skipped',
    status: 0,
  },
  {
    what: 'failed',
    source: `test('a', () => {}); test('b', () => { throw new Error('no'); });`,
    line: 'tests: 1 passed, 1 failed, 0 skipped',
    status: 1,
  },
  {
    what: 'a file that cannot be read',
    source: 'test(',
    line: 'tests: 0 passed, 1 failed, 0 skipped',
    status: 1,
  },
  {
    what: 'an unhandled rejection',
    source: `test('a', async () => { Promise.reject(new Error('no')); await new Promise(setImmediate); });`,
    line: 'tests: 1 passed, 1 failed, 0 skipped',
    status: 1,
  },
  {
    what: 'a hook that fails',
    source: `describe('s', () => { beforeAll(() => { throw new Error('no'); }); test('a', () => {}); });`,
    line: 'tests: 0 passed, 1 failed, 1 skipped',
    status: 1,
  },
])('$what: $line', ({ source, line, status }) => {
  expect(run(source)).toEqual({ line, status });
});
