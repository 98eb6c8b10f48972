import { vi } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { ExitCode, fail } from '../../src/commands/exit.ts';
import type { ProgramRun } from './run-program.ts';

/** Thrown in the place of the end of the process. */
class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/**
 * Runs a command line to its end in this process, as src/main.ts does, which spares the start of one: hundreds of them
 * take their time. One at a time.
 */
export async function runHere(words: readonly string[]): Promise<ProgramRun> {
  let stdout = '';
  let stderr = '';
  const out = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  const err = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
  const exit = vi.spyOn(process, 'exit').mockImplementation((code) => {
    throw new Exit(Number(code ?? 0));
  });
  try {
    await createProgram()
      .parseAsync(words, { from: 'user' })
      .catch((error: unknown) => {
        if (error instanceof Exit) throw error;
        fail(error);
      });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (error instanceof Exit) return { code: error.code, stdout, stderr };
    return { code: ExitCode.FAILED, stdout, stderr: String(error) };
  } finally {
    out.mockRestore();
    err.mockRestore();
    exit.mockRestore();
  }
}
