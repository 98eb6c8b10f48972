import { TextError } from '../input/reader.ts';

/** Most records that one $GENERATE makes. */
export const GENERATED_MAX = 65_536;
/** Most characters of the lines that all $GENERATE of a zone file make: more than a million lines of a usual length. */
export const GENERATED_CHARACTERS_MAX = 64 * 1024 * 1024;
/** Most digits of a number that $GENERATE inserts: more than a name can hold. */
export const GENERATED_DIGITS_MAX = 255;
/** The highest number that $GENERATE may count to or add. */
const NUMBER_MAX = 2 ** 31 - 1;

/** The numbers that a $GENERATE counts through, as in `1-10` and `0-100/2`. */
export interface GenerateRange {
  readonly first: number;
  readonly last: number;
  readonly step: number;
}

/** Parses the range of a $GENERATE. Throws TextError. */
export function parseGenerateRange(text: string): GenerateRange {
  const [, from, to, by] = /^(\d{1,10})-(\d{1,10})(?:\/(\d{1,10}))?$/.exec(text) ?? [];
  if (from === undefined) throw new TextError('is not a range such as 1-10 or 0-100/2');
  const [first, last, step] = [Number(from), Number(to), Number(by ?? 1)];
  if (last < first) throw new TextError('is a range that ends before it begins');
  if (last > NUMBER_MAX) throw new TextError(`is a range beyond ${NUMBER_MAX}`);
  if (step < 1) throw new TextError('is a range with the step 0');
  const count = Math.floor((last - first) / step) + 1;
  if (count > GENERATED_MAX) throw new TextError(`makes ${count} records; ${GENERATED_MAX} at most`);
  return { first, last, step };
}

/** Makes a text from a number. Throws TextError where the number becomes negative. */
export type Template = (number: number) => string;

/**
 * Parses a text of a $GENERATE (BIND's reference manual): `$` becomes the number, `${offset,width,base}` the sum of both with at least
 * so many digits, in base d, o, x or X, or as labels of hexadecimal digits, the last digit first (n, N). `$$` and `\$` are a dollar sign.
 * Throws TextError.
 */
export function parseTemplate(text: string): Template {
  const parts: (string | Template)[] = [];
  for (const [part, braced] of text.matchAll(/\\.|\$\$|\$(?:\{([^}]*)\}?)?|[^\\$]+|\\/gsu)) {
    if (!part.startsWith('$')) parts.push(part);
    else if (part === '$$') parts.push('\\$');
    else parts.push(braced === undefined ? insertion(part) : inserted(part, braced));
  }
  return (number) => parts.map((part) => (typeof part === 'string' ? part : part(number))).join('');
}

function insertion(part: string): Template {
  if (part !== '$') throw new TextError('has a brace that is not closed');
  return String;
}

function inserted(part: string, braced: string): Template {
  const [, offsetText, widthText, base = 'd'] =
    /^([+-]?\d{1,10})(?:,(\d{1,10})(?:,([doxXnN]))?)?$/.exec(braced) ?? [];
  if (offsetText === undefined || !part.endsWith('}'))
    throw new TextError(`has ${part}; it must be \${offset,width,base} with the base d, o, x, X, n or N`);
  const [offset, width] = [Number(offsetText), Number(widthText ?? 0)];
  if (Math.abs(offset) > NUMBER_MAX) throw new TextError(`adds ${offset}; ${NUMBER_MAX} at most`);
  if (width > GENERATED_DIGITS_MAX)
    throw new TextError(`has a width of ${width}; ${GENERATED_DIGITS_MAX} at most`);
  return (number) => {
    const sum = number + offset;
    if (sum < 0) throw new TextError(`makes the negative number ${sum}`);
    return FORMATS[base]!(sum, width);
  };
}

const FORMATS: Readonly<Record<string, (number: number, width: number) => string>> = {
  d: (number, width) => String(number).padStart(width, '0'),
  o: (number, width) => number.toString(8).padStart(width, '0'),
  x: (number, width) => number.toString(16).padStart(width, '0'),
  X: (number, width) => number.toString(16).toUpperCase().padStart(width, '0'),
  n: nibbles,
  N: (number, width) => nibbles(number, width).toUpperCase(),
};

/** Hexadecimal digits as labels, the last digit first; the width counts digits and dots, so an even one ends in a dot. */
function nibbles(number: number, width: number): string {
  const digits = number.toString(16);
  const text = [...digits.padStart(Math.ceil(width / 2), '0')].reverse().join('.');
  return text.length < width ? `${text}.` : text;
}
