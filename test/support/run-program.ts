import { execFile } from 'node:child_process';
import { isInstalled } from './server/resolver.ts';

/** What a program said, and its exit code. */
export interface ProgramRun {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of PATH to its end, `input` on its standard input. Rejects when it cannot be started, is ended by a signal or takes too long. */
export function runProgram(
  program: string,
  args: readonly string[],
  { input = '', timeoutMs = 60_000 }: { readonly input?: string; readonly timeoutMs?: number } = {},
): Promise<ProgramRun> {
  const { promise, resolve, reject } = Promise.withResolvers<ProgramRun>();
  const options = { timeout: timeoutMs, maxBuffer: 16 * 1024 * 1024 };
  const child = execFile(program, args, options, (error, stdout, stderr) => {
    const code = error === null ? 0 : error.code;
    if (typeof code === 'number') resolve({ code, stdout, stderr });
    else reject(error);
  });
  // It may end without reading all of it.
  child.stdin!.on('error', () => undefined);
  child.stdin!.end(input);
  return promise;
}

/** A test's title, and whether it must be left out because its program, of that Debian package, is not here; then it says so aloud. */
export function needing(program: string, debian: string, title: string): { title: string; missing: boolean } {
  const missing = !isInstalled(program);
  if (!missing) return { title, missing };
  const reason = `not tried: ${title}; ${program} is not installed (Debian: ${debian})`;
  process.stderr.write(`${reason}\n`);
  return { title: reason, missing };
}
