import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';

/** Compiles C sources (a file, or a pattern of them) with the machine's compiler; returns the program's path. */
export function compile(sources: string, program: string): string {
  execFileSync('cc', ['-O2', '-Wall', '-Wextra', '-Werror', '-o', program, ...globSync(sources)]);
  return program;
}
