import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import process from 'node:process';
import { SAMPLE_FILE } from '../../src/config/source/load.ts';
import { PROJECT } from './source-tree.ts';

/** Longest wait for a process to say that it runs, milliseconds. */
const START_MS = 90_000;
/** The file that a user's command runs: of the sources, or the one that TEST_PROGRAM names, such as dist/lifeguard.js. */
export const PROGRAM = resolve(PROJECT, process.env.TEST_PROGRAM ?? 'src/lifeguard.js');

/** The token every test process is given. */
export const TOKEN = 'e2e-token-0123456789abcdef';

/** A lifeguard process, started as a user would. */
export interface LifeguardProcess {
  /** Where it answers DNS; port 0: this one does not. */
  readonly dns: { readonly address: string; readonly port: number };
  /** Where its API begins. */
  readonly api: string;
  /** Its log so far, a line each. */
  readonly log: readonly Readonly<Record<string, unknown>>[];
  readonly process: ChildProcess;
  /** Ends it by a signal and waits; the exit code, null after SIGKILL. */
  end(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<LifeguardProcess>();

/** Ends every process that was started and not ended. */
export async function endAll(): Promise<void> {
  await Promise.all([...running].map((each) => each.end('SIGKILL')));
}

/**
 * Starts `lifeguard <subcommand>` and waits until it runs. Environment of the test's own for what `env` does not say;
 * `through`: a program, and its arguments, that becomes this one; `options`: more of the command line; `program`: the file that runs.
 */
export async function startLifeguard(
  subcommand: 'serve' | 'monitor' | 'all' | 'demo',
  env: Readonly<Record<string, string>>,
  through: readonly string[] = [],
  options: readonly string[] = [],
  program = PROGRAM,
): Promise<LifeguardProcess> {
  const [command, ...args] = [...through, process.execPath, program, subcommand, ...options];
  const child = spawn(command!, args, {
    env: {
      PATH: process.env.PATH,
      LIFEGUARD_CONFIG: SAMPLE_FILE,
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_TOKEN: TOKEN,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log: Record<string, unknown>[] = [];
  const exited = once(child, 'exit');
  let partial = '';
  const started = Promise.withResolvers<Record<string, unknown>>();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const lines = (partial + text).split('\n');
    partial = lines.pop()!;
    for (const line of lines) {
      const entry = line.startsWith('{') ? (JSON.parse(line) as Record<string, unknown>) : { msg: line };
      log.push(entry);
      if (entry.msg === 'listening' || entry.msg === 'probing') started.resolve(entry);
    }
  });
  const tooLate = setTimeout(() => started.reject(new Error('it does not start')), START_MS);
  exited.then(() => started.reject(new Error(`it ended: ${JSON.stringify(log)}`)));
  try {
    const entry = await started.promise;
    const [, address, port] = /^\[?(.*?)\]?:(\d+)$/.exec((entry.dns as string[] | undefined)?.[0] ?? ':0')!;
    const lifeguard: LifeguardProcess = {
      dns: { address: address!, port: Number(port) },
      api: `${entry.api}/client/v4/accounts/${'a'.repeat(32)}/load_balancers`,
      log,
      process: child,
      async end(signal = 'SIGTERM') {
        running.delete(lifeguard);
        child.kill(signal);
        const [code] = (await exited) as [number | null];
        return code;
      },
    };
    running.add(lifeguard);
    return lifeguard;
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  } finally {
    clearTimeout(tooLate);
  }
}
