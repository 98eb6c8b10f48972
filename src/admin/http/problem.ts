import { ApiError, ERRORS, type ErrorElement, fill, QUOTED_MAX, quoted } from './errors.ts';

/** One problem of a request body. */
export interface Problem {
  /** JSON pointer (RFC 6901) to the place; empty: the body as a whole. */
  readonly pointer: string;
  /** The broken rule, which completes a sentence that begins with the place. With a final stop that sentence is the whole message. */
  readonly rule: string;
  /** A whole sentence instead, where the usual one would read badly. With a final stop it is the whole message. */
  readonly sentence?: string;
}

/** Maximum number of problems in one answer; of more, it has only the number. */
export const PROBLEMS_MAX = 100;

/** Creates the error for a value that another object has already. */
export function notUnique(problem: Problem): ApiError {
  return new ApiError(ERRORS.notUnique.status, [elementOf(problem, ERRORS.notUnique)]);
}

/** Creates the error for a body with these problems, with one element for each. */
export function invalid(problems: readonly Problem[]): ApiError {
  const errors = problems.slice(0, PROBLEMS_MAX).map((each) => elementOf(each));
  const more = problems.length - errors.length;
  if (more > 0) errors.push(elementOf({ pointer: '', rule: '', sentence: `${more} more problems` }));
  return new ApiError(ERRORS.invalid.status, errors);
}

function elementOf(
  { pointer, rule, sentence }: Problem,
  { code, message }: typeof ERRORS.invalid | typeof ERRORS.notUnique = ERRORS.invalid,
): ErrorElement {
  const problem = sentence ?? `${placeOf(pointer)} ${rule}`;
  return {
    code,
    message: problem.endsWith('.') ? problem : fill(message, { problem }),
    source: { pointer: pointer.slice(0, QUOTED_MAX) },
  };
}

/** Formats a pointer for people: `/origins/0/weight` becomes `origins[0].weight`. */
export function placeOf(pointer: string): string {
  if (pointer === '') return 'the body';
  const place = pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    .map((part, depth) => (/^[0-9]+$/.test(part) ? `[${part}]` : depth === 0 ? part : `.${part}`))
    .join('');
  return quoted(place);
}

/** Returns the pointer to the member `key` of the value at `pointer`. */
export function memberPointer(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
