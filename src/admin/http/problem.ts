import { ApiError, ERRORS, type ErrorElement, fill, QUOTED_MAX, quoted } from './errors.ts';

/** One thing that is wrong with a request body. */
export interface Problem {
  /** JSON pointer (RFC 6901) to the place; empty: the body as a whole. */
  readonly pointer: string;
  /** The rule that does not hold; completes a sentence that starts with the place. With a final stop that is the whole message. */
  readonly rule: string;
  /** Says the whole sentence where the usual one would read badly. With a final stop it is the whole message. */
  readonly sentence?: string;
}

/** Problems told in one answer; of more, only their number is. */
export const PROBLEMS_MAX = 100;

/** The answer where a value is another's already. */
export function notUnique(problem: Problem): ApiError {
  return new ApiError(ERRORS.notUnique.status, [elementOf(problem, ERRORS.notUnique)]);
}

/** The answer to a body with these problems, one element for each. */
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

/** A pointer as a reader of JSON writes it: `/origins/0/weight` is `origins[0].weight`. */
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

/** A pointer to the member `key` of what `pointer` points to. */
export function memberPointer(pointer: string, key: string | number): string {
  return `${pointer}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
