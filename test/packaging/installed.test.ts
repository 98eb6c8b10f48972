/** The release, `npm pack`, as a user without rights installs it from its tarball, and uses it from another folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { dig } from '../support/dig.ts';
import { type ProgramRun, runProgram } from '../support/run-program.ts';
import { PROJECT } from '../support/source-tree.ts';

/** `nobody` of Debian, who owns nothing. */
const NOBODY = 65_534;
const INSTALL_MS = 300_000;
const { version } = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as { version: string };

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-installed-'));
const [prefix, home, work] = ['prefix', 'home', 'work'].map((name) => join(directory, name)) as [
  string,
  string,
  string,
];
/** A `node` that must not be used: the program brings its own. */
const other = join(directory, 'other');
/** Neither the project's own Node nor its packages. */
const path = process.env.PATH!.split(':').filter((each) => !each.includes('node_modules'));
const lifeguard = join(prefix, 'bin/lifeguard');
/** What runs a program in an empty environment, without any right where root runs the tests. */
const asNobody = (program: string, env: Readonly<Record<string, string>>) => [
  ...(process.getuid!() === 0
    ? [
        'setpriv',
        `--reuid=${NOBODY}`,
        `--regid=${NOBODY}`,
        '--clear-groups',
        '--no-new-privs',
        '--bounding-set=-all',
      ]
    : []),
  'env',
  '-i',
  `--chdir=${work}`,
  ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
  program,
];
const run = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
  const [first, ...rest] = [...asNobody(program, { PATH: [other, ...path].join(':'), ...env }), ...args];
  return runProgram(first!, rest, { timeoutMs: INSTALL_MS });
};
let demo: ChildProcess | undefined;
let packed: { readonly filename: string; readonly files: readonly { readonly path: string }[] };

beforeAll(async () => {
  for (const folder of [home, work, other]) mkdirSync(folder);
  writeFileSync(join(other, 'node'), '#!/bin/sh\necho "the node of PATH runs" >&2\nexit 99\n', {
    mode: 0o755,
  });
  const pack = await runProgram('npm', ['pack', PROJECT, '--json', `--pack-destination=${directory}`], {
    timeoutMs: INSTALL_MS,
  });
  expect(pack).toMatchObject({ code: 0 });
  packed = JSON.parse(pack.stdout)[0];
  chmodSync(directory, 0o755);
  if (process.getuid!() === 0)
    for (const folder of [directory, home, work]) chownSync(folder, NOBODY, NOBODY);
  // What a machine needs to reach its registry; its proxy and its authorities may be its own.
  const reaching = Object.entries(process.env).filter(([name]) =>
    /^(https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|npm_config_registry|npm_config_cafile)$/i.test(name),
  );
  const install = await run(
    'npm',
    [
      'install',
      '--global',
      `--prefix=${prefix}`,
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      join(directory, packed.filename),
    ],
    { ...(Object.fromEntries(reaching) as Record<string, string>), HOME: home, PATH: path.join(':') },
  );
  expect(install).toMatchObject({ code: 0 });
}, 2 * INSTALL_MS);
afterAll(async () => {
  demo?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

test('the release holds what a user needs, and neither sources nor tests', () => {
  const folders = new Set(packed.files.map((file) => file.path.split('/')[0]));
  const files = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json'];
  expect([...folders].sort()).toEqual([...files, 'bin', 'config', 'dist', 'docs'].sort());
});

test('the manual page is where man looks for it', () => {
  expect(readFileSync(join(prefix, 'share/man/man1/lifeguard.1'), 'utf8')).toMatch(/^\.TH LIFEGUARD 1 /m);
});

test('the command is in the folder for programs, and runs without a home', async () => {
  expect(await run(lifeguard, ['--version'])).toEqual<ProgramRun>({
    code: 0,
    stdout: `${version}\n`,
    stderr: '',
  });
  expect(await run(lifeguard, ['check-config'])).toEqual<ProgramRun>({
    code: 0,
    stdout: 'The configuration is valid: 1 zone.\n',
    stderr: '',
  });
});

test('the demo answers, shows its pages for people and stops in order, in one process with the Node that was installed', async () => {
  const env = {
    PATH: [other, ...path].join(':'),
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
    LIFEGUARD_API_LISTEN: '127.0.0.1:0',
  };
  const [program, ...args] = [...asNobody(lifeguard, env), 'demo'];
  demo = spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(demo, 'exit');
  let said = '';
  demo.stdout!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain('Ctrl-C ends the demo'), { timeout: 60_000, interval: 50 });
  const [, port, api] = /DNS at 127\.0\.0\.1:(\d+), and its API at (\S+)\./.exec(said)!;
  await vi.waitFor(async () => {
    const { answer } = await dig({ address: '127.0.0.1', port: Number(port) }, 'web.pools.example.com', 'A');
    expect(answer).toHaveLength(3);
  });
  // The token is in the data directory, which a command in the same folder finds.
  const pools = await run(lifeguard, ['pools', 'list', '--api', api!]);
  expect(pools).toMatchObject({ code: 0, stdout: expect.stringMatching(/^web /m) });
  expect(await (await fetch(`${api}/docs/static/swagger-ui.css`)).text()).toContain('.swagger-ui');
  const page = await (await fetch(api!)).text();
  const files = [...page.matchAll(/"(\/dashboard\/[^"]+)"/g)].map(([, path]) => path!);
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) expect([file, (await fetch(api + file)).status]).toEqual([file, 200]);
  expect(said).toContain(`${api}/#login=`);
  expect(realpathSync(`/proc/${demo.pid}/exe`)).toMatch(new RegExp(`^${realpathSync(prefix)}/.*/node$`));
  demo.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
