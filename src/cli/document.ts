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
    throw unreadable(file, error);
  }
  throw new OperatorError(`${file} must be a mapping with ${content}.`, ExitCode.BAD_CONFIGURATION);
}

/** Why a file of the command line cannot be read, by the code of the system. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

/** Creates the error for a file of the command line that cannot be read. */
export function unreadable(file: string, error: unknown): OperatorError {
  const { code = '', message } = error as NodeJS.ErrnoException;
  return new OperatorError(`Cannot read ${file}: ${REASONS[code] ?? message}`, ExitCode.BAD_CONFIGURATION);
}
