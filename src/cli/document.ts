import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { ExitCode, OperatorError } from '../commands/exit.ts';

/** Reads a YAML or JSON mapping from a file; `-` is standard input. Throws OperatorError, which names `content`, what the mapping should have. */
export function documentIn(file: string, content: string): Record<string, unknown> {
  try {
    const found: unknown = parse(readFileSync(file === '-' ? 0 : file, 'utf8'));
    if (typeof found === 'object' && found !== null && !Array.isArray(found))
      return found as Record<string, unknown>;
  } catch (error) {
    throw new OperatorError(`Cannot read ${file}: ${(error as Error).message}`, ExitCode.BAD_CONFIGURATION);
  }
  throw new OperatorError(`${file} must be a mapping with ${content}.`, ExitCode.BAD_CONFIGURATION);
}
