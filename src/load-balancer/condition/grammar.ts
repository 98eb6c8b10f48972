import { createRequire } from 'node:module';
import type Peggy from 'peggy';

/** A condition as it is written: its parts and where each begins, in characters. Whether a field exists is not looked at. */
export type Written =
  | { readonly kind: 'and' | 'or' | 'xor'; readonly of: readonly Written[] }
  | { readonly kind: 'not'; readonly of: Written }
  | {
      readonly kind: 'test';
      readonly operand: WrittenOperand;
      /** Absent: the operand alone is the test. */
      readonly operator?: Operator;
      readonly values: readonly WrittenValue[];
    };

/** A field, or a function of fields and values. */
export interface WrittenOperand {
  readonly at: number;
  /** The field's name with what is in brackets behind it, or the function's name. */
  readonly name: string;
  /** The arguments of a function. */
  readonly of?: readonly (Written | WrittenValue)[];
}

/** A value: a text in quotes, or a word such as `28`, `192.0.2.0/24` or `$list`. */
export interface WrittenValue {
  readonly kind?: undefined;
  readonly at: number;
  readonly quoted: boolean;
  readonly text: string;
  /** The end of a range: `1..5`. */
  readonly to?: string;
}

/** How a field is compared; each has a second spelling of signs. */
export type Operator = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'contains' | 'matches' | 'in';

/** A condition that does not follow the grammar. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault';
  /** The character where reading stopped, from 0. */
  readonly at: number;
  constructor(at: number, message: string) {
    super(message);
    this.at = at;
  }
}

/** Parentheses within parentheses. */
export const NESTING_MAX = 32;

/**
 * The grammar of conditions: the one of the reference's rules language. `not` binds closest, then `and`, `xor`, `or`.
 * What has a name in quotes is said in messages by that name.
 */
const GRAMMAR = String.raw`
Condition = _ @Or _
Or = first:Xor rest:(_ ("||" / "or" End) _ @Xor)* { return chain('or', first, rest); }
Xor = first:And rest:(_ ("^^" / "xor" End) _ @And)* { return chain('xor', first, rest); }
And = first:Not rest:(_ ("&&" / "and" End) _ @Not)* { return chain('and', first, rest); }
Not = nots:(("!" / "not" End) _)* of:Primary { return nots.length % 2 === 0 ? of : { kind: 'not', of }; }
Primary = "(" _ @Or _ ")" / Test
Test = operand:Operand compared:(_ @Comparison)? { return { kind: 'test', operand, values: [], ...compared }; }
Comparison
  = operator:Operator _ value:Value { return { operator, values: [value] }; }
  / "in" End _ values:(Set / @List) { return { operator: 'in', values: [values].flat() }; }

Operand "a field" = name:Name index:$("[" (Quoted / [0-9]+ / "*") "]")* of:Arguments?
  { return of === null ? { at: offset(), name: name + index } : { at: offset(), name, of }; }
Arguments = "(" _ first:Argument rest:(_ "," _ @Argument)* _ ")" { return [first, ...rest]; }
Argument = Or / Value
Name = $([a-z_] [a-z0-9_]i* ("." [a-z0-9_]i+)*)

Operator "an operator"
  = "==" { return 'eq'; } / "!=" { return 'ne'; }
  / "<=" { return 'le'; } / ">=" { return 'ge'; } / "<" { return 'lt'; } / ">" { return 'gt'; }
  / "~" { return 'matches'; }
  / @("eq" / "ne" / "lt" / "le" / "gt" / "ge" / "contains" / "matches") End

Set = "{" _ @(@Value _)+ "}"
Value "a value" = Quoted / Range / Word
Range = text:Piece ".." to:Piece End { return { at: offset(), quoted: false, text, to }; }
Word = text:$(Piece ("/" [0-9]+)?) End { return { at: offset(), quoted: false, text }; }
Piece = $("-"? [0-9a-f:]i ([0-9a-fx:]i / "." !".")*)
List "a set" = text:$("$" [a-z0-9_.]i+) { return { at: offset(), quoted: false, text }; }

Quoted "a text in quotes"
  = "r#\"" text:$(!"\"#" .)* "\"#" { return { at: offset(), quoted: true, text }; }
  / "r\"" text:$[^"]* "\"" { return { at: offset(), quoted: true, text }; }
  / "\"" parts:Character* "\"" { return { at: offset(), quoted: true, text: parts.join('') }; }
Character
  = [^"\\]
  / "\\" @["\\]
  / "\\x" digits:$([0-9a-f]i [0-9a-f]i) { return String.fromCharCode(parseInt(digits, 16)); }

End "the end of a word" = ![a-z0-9_.]i
_ "a space" = [ \t\r\n]*
`;

const CHAIN = `{
  function chain(kind, first, rest) { return rest.length === 0 ? first : { kind, of: [first, ...rest] }; }
}`;

let loaded: Peggy.Parser | undefined;

/** Made at the first use: most processes read no condition. */
function parser(): Peggy.Parser {
  const peggy = createRequire(import.meta.url)('peggy') as typeof Peggy;
  return (loaded ??= peggy.generate(CHAIN + GRAMMAR));
}

/** Parses a condition of so many characters as its caller allows. Throws SyntaxFault. */
export function parseWritten(text: string): Written {
  refuseNesting(text);
  try {
    return parser().parse(text) as Written;
  } catch (error) {
    if (!isPeggyFault(error)) throw error;
    const at = error.location.start.offset;
    throw new SyntaxFault(at, `expected ${expectedOf(error)}, and found ${foundAt(text, at)}`);
  }
}

type PeggyFault = Peggy.parser.SyntaxError;

function isPeggyFault(error: unknown): error is PeggyFault {
  return error instanceof Error && 'location' in error && 'expected' in error;
}

function expectedOf({ expected }: PeggyFault): string {
  const words = new Set<string>();
  for (const each of expected ?? []) {
    if (each.type === 'literal') words.add(`"${each.text}"`);
    else if (each.type === 'other' && each.description !== 'a space') words.add(each.description);
    else if (each.type === 'end') words.add('the end');
  }
  const all = [...words];
  if (all.length < 2) return all.join('');
  return `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** Characters of what was found that a message shows. */
const FOUND_CHARACTERS_MAX = 20;

function foundAt(text: string, at: number): string {
  const [word = ''] = /^(?:[\w.]+|[\s\S])?/.exec(text.slice(at)) ?? [];
  return word === '' ? 'the end' : JSON.stringify(word.slice(0, FOUND_CHARACTERS_MAX));
}

/** A parser that descends would have no more stack in a condition of parentheses alone. */
function refuseNesting(text: string): void {
  let depth = 0;
  for (const { 0: part, index } of text.matchAll(/r#"[\s\S]*?"#|r"[^"]*"|"(?:\\[\s\S]|[^"\\])*"|[()]/g)) {
    if (part === ')') depth -= 1;
    if (part !== '(') continue;
    depth += 1;
    if (depth > NESTING_MAX)
      throw new SyntaxFault(index, `parentheses are nested more than ${NESTING_MAX} deep`);
  }
}
