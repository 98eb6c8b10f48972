import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ExitCode, OperatorError } from '../commands/exit.ts';

/** The YAML or JSON map that a file holds; `-` is standard input. Throws OperatorError: `what` says what it should be. */
export function documentIn(file: string, what: string): Record<string, unknown> {
  try {
    const found: unknown = parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
    if (typeof found === 'object' && found !== null && !Array.isArray(found))
      return found as Record<string, unknown>;
  } catch (error) {
    throw new OperatorError(`${file}: ${(error as Error).message}`, ExitCode.BAD_CONFIGURATION);
  }
  throw new OperatorError(`${file}: must be a map of ${what}`, ExitCode.BAD_CONFIGURATION);
}
