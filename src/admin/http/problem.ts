import {
  ApiError,
  type Entry,
  ERRORS,
  type ErrorElement,
  type ErrorName,
  fill,
  QUOTED_MAX,
  quoted,
} from './errors.ts';

/** One problem of a request body. */
export interface Problem {
  /** JSON pointer (RFC 6901) to the place; empty: the body as a whole. */
  readonly pointer: string;
  /** The broken rule, which completes a sentence that begins with the place. With a final stop that sentence is the whole message. */
  readonly rule: string;
  /** A whole sentence instead, where the usual one would read badly. With a final stop it is the whole message. */
  readonly sentence?: string;
  /** The error of the catalogue whose code it has; absent: the one of the whole answer. */
  readonly error?: ErrorName;
}

/** Maximum number of problems in one answer; of more, it has only the number. */
export const PROBLEMS_MAX = 100;

/** Problems as they are found: the first PROBLEMS_MAX are kept, and the others counted. */
export interface FoundProblems {
  add(...problems: readonly Problem[]): void;
  readonly kept: readonly Problem[];
  readonly count: number;
}

/** Creates an empty list of problems. */
export function gatherProblems(): FoundProblems {
  const kept: Problem[] = [];
  let count = 0;
  return {
    add(...problems) {
      count += problems.length;
      for (const each of problems) {
        if (kept.length === PROBLEMS_MAX) return;
        kept.push(each);
      }
    },
    kept,
    get count() {
      return count;
    },
  };
}

/** Creates the error for a value that another object has already. */
export function notUnique(problem: Problem, as: ErrorName = 'notUnique'): ApiError {
  return new ApiError(ERRORS[as].status, [elementOf(problem, as)]);
}

/** Creates the error for a body with these problems, with one element for each. `count`: how many there are in all. */
export function invalid(
  problems: readonly Problem[],
  as: ErrorName = 'invalid',
  count = problems.length,
): ApiError {
  const errors = problems.slice(0, PROBLEMS_MAX).map((each) => elementOf(each, as));
  const more = count - errors.length;
  if (more > 0) errors.push(elementOf({ pointer: '', rule: '', sentence: `${more} more problems` }, as));
  return new ApiError(ERRORS[as].status, errors);
}

function elementOf({ pointer, rule, sentence, error }: Problem, as: ErrorName): ErrorElement {
  const { code, message, chain }: Entry = ERRORS[error ?? as];
  const problem = sentence ?? `${placeOf(pointer)} ${rule}`;
  const isWhole = problem.endsWith('.') && message.startsWith('{problem}');
  return {
    code,
    message: isWhole ? problem : fill(message, { problem }),
    source: { pointer: pointer.slice(0, QUOTED_MAX) },
    ...(chain && {
      error_chain: chain.map((each) => ({ code: each.code, message: fill(each.message, { problem }) })),
    }),
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
