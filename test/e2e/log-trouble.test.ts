/** Processes whose log cannot be written: a full disk below it, or a reader that stopped. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { freePort } from '../support/free-port.ts';
import { PROGRAM } from '../support/lifeguard.ts';

vi.setConfig({ testTimeout: 120_000 });
const SOON_MS = 40_000;

let directory: string;
let child: ChildProcess | undefined;
let port: number;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-log-'));
  port = await freePort();
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Starts a process whose API, or metrics, are at `port`. */
function begin(kind: string, stderr: number | 'pipe', nodeOptions: readonly string[] = []): ChildProcess {
  const config = join(directory, 'lifeguard.yaml');
  writeFileSync(
    config,
    kind === 'monitor' ? `monitor: { metrics_listen: "127.0.0.1:${port}" }\n` : 'zones: []\n',
  );
  child = spawn(process.execPath, [...nodeOptions, PROGRAM, kind, '--config', config], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: `127.0.0.1:${kind === 'monitor' ? 0 : port}`,
      ...(kind === 'monitor' ? { LIFEGUARD_REDIS_URL: 'redis://127.0.0.1:1' } : {}),
    },
    stdio: ['ignore', 'ignore', stderr],
  });
  return child;
}

const isLive = () =>
  vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200), {
    timeout: SOON_MS,
    interval: 200,
  });

async function endOf(ending: ChildProcess): Promise<unknown> {
  const [code] = ending.exitCode === null ? await once(ending, 'exit') : [ending.exitCode];
  return code;
}

test.each(['all', 'monitor'])(
  '%s starts, runs and stops with a full disk below its log (once: exit code 7 without a word)',
  async (kind) => {
    const full = openSync('/dev/full', 'w');
    const process = begin(kind, full);
    closeSync(full);
    await isLive();
    process.kill('SIGUSR2');
    await isLive();
    process.kill('SIGTERM');
    expect(await endOf(process)).toBe(0);
  },
);

test('the demo ended with a full disk below its output; it says so and goes on', async () => {
  const full = openSync('/dev/full', 'w');
  const running = spawn(process.execPath, [PROGRAM, 'demo'], {
    cwd: directory,
    env: {
      PATH: process.env.PATH,
      LIFEGUARD_DATA_DIR: directory,
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: `127.0.0.1:${port}`,
    },
    stdio: ['ignore', full, 'pipe'],
  });
  child = running;
  closeSync(full);
  let said = '';
  running.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await vi.waitFor(
    () =>
      expect(said).toContain('Cannot write to standard output. The demo goes on and prints nothing more.'),
    { timeout: SOON_MS },
  );
  await isLive();
  running.kill('SIGTERM');
  expect(await endOf(running)).toBe(0);
  expect(said.match(/Cannot write to standard output/g)).toHaveLength(1);
});

test.each(['stdout', 'stderr'])(
  'check-config with a full disk below %s ends without a stack trace',
  (stream) => {
    const config = join(directory, 'lifeguard.yaml');
    writeFileSync(config, `data_dir: ${directory}\n`);
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM, 'check-config', '--config', config], {
      stdio: ['ignore', stream === 'stdout' ? full : 'pipe', stream === 'stderr' ? full : 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(status).toBe(stream === 'stdout' ? 1 : 0);
    if (stream === 'stdout')
      expect(stderr).toMatch(/^Cannot write to standard output: .*no space left on device.*\n$/);
  },
);

/** Leaves no room in the pipe of the log before the program's first line. */
const FILLED = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs';
   process.stderr.fd;
   try { for (;;) writeSync(2, 'x'.repeat(4_095) + '\\n'); } catch {}`,
)}`;

test('a reader of the log that stops holds up nothing, and reads all lines later (once: the process stood still)', async () => {
  const process = begin('serve', 'pipe', ['--import', FILLED]);
  await isLive();
  process.kill('SIGUSR2');
  await isLive();
  let said = '';
  process.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain('Lifeguard ignores SIGUSR2.'), { timeout: SOON_MS });
  expect(said).toContain('"msg":"listening"');
  process.kill('SIGTERM');
  await once(process, 'close');
  expect(said.trimEnd().split('\n').at(-1)).toContain('Lifeguard has stopped.');
});

test('a process whose log nobody reads stops in order', async () => {
  const process = begin('serve', 'pipe', ['--import', FILLED]);
  await isLive();
  process.kill('SIGTERM');
  expect(await endOf(process)).toBe(0);
});

test('the last line before a crash comes out to a reader that is slow', async () => {
  const crash = `data:text/javascript,${encodeURIComponent(
    `setInterval(() => { if (process.listenerCount('uncaughtException') > 0) throw new Error('a fault of ours'); }, 10)`,
  )}`;
  const process = begin('serve', 'pipe', ['--import', FILLED, '--import', crash]);
  let said = '';
  process.stderr!.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  await once(process, 'close');
  expect(process.exitCode).toBe(1);
  expect(said.trimEnd().split('\n').at(-1)).toContain('a fault of ours');
});
