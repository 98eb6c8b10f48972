import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type LifeguardProcess, PROGRAM, TOKEN } from './lifeguard.ts';
import { type ProgramRun, runProgram } from './run-program.ts';

/** The options by which a command finds a server. */
export function targetOf({ api }: Pick<LifeguardProcess, 'api'>): string[] {
  return ['--api', new URL(api).origin, '--token', TOKEN];
}

/** Runs a command to its end against a server, `input` on its standard input. */
export function runCommand(
  server: Pick<LifeguardProcess, 'api'>,
  words: readonly string[],
  input = '',
): Promise<ProgramRun> {
  return runProgram(process.execPath, [PROGRAM, ...words, ...targetOf(server)], { input });
}

/** A command that goes on until it is ended. */
export interface LongCommand {
  /** Lines of standard output so far. */
  readonly lines: readonly string[];
  /** Standard error so far. */
  readonly stderr: () => string;
  readonly process: ChildProcess;
  /** Ends it by a signal and waits; the exit code, null after SIGKILL. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Starts a command against a server. */
export function startCommand(server: Pick<LifeguardProcess, 'api'>, words: readonly string[]): LongCommand {
  const child = spawn(process.execPath, [PROGRAM, ...words, ...targetOf(server)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  const lines: string[] = [];
  let partial = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (partial + text).split('\n');
    partial = whole.pop()!;
    lines.push(...whole);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    lines,
    stderr: () => stderr,
    process: child,
    async end(signal) {
      child.kill(signal);
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}
