import { createRequire } from 'node:module';
import type * as Refa from 'refa';
import type { Automaton } from './condition.ts';
import { createKept } from './kept.ts';

/** States of an automaton: a pattern that needs more is refused, since some would need millions. */
export const STATES_MAX = 128;
/** Nodes while an automaton is made, which takes some hundredths of a second at the most. */
const NODES_MAX = 500;
/**
 * Octets of the outcomes that are kept: a condition is read when it is checked, when it is planned and when a node writes it. With room
 * for fewer patterns than one document may have, each would be made three times.
 */
export const KEPT_OCTETS_MAX = 16 * 1_048_576;
/** Octets of an outcome beside its tables and its pattern. */
const OUTCOME_OCTETS = 512;
/** The highest character of a pattern: names are octets. */
const OCTET_MAX = 0xff;

/** A pattern that cannot be decided in bounded time and memory. The message continues "the pattern". */
export class PatternFault extends Error {
  override readonly name = 'PatternFault';
}

/**
 * Makes the automaton of a regular expression (as in JavaScript, whatever the case of letters) that is searched in a text. A
 * search takes as many steps as the text has octets, whatever the pattern: one that backtracks could take for ever. Throws PatternFault.
 */
export function automatonOf(pattern: string): Automaton {
  const made = kept.take(pattern) ?? madeOrFault(pattern);
  kept.keep(pattern, made);
  if (made instanceof PatternFault) throw made;
  return made;
}

function octetsOf(pattern: string, outcome: Automaton | PatternFault): number {
  const own = OUTCOME_OCTETS + 2 * pattern.length;
  return outcome instanceof PatternFault ? own : own + automatonOctets(outcome);
}

/** Octets of the tables of an automaton. */
export function automatonOctets({ classOf, next, accepts }: Automaton): number {
  return classOf.byteLength + next.byteLength + accepts.byteLength;
}

/** A fault took as long to find as an automaton. */
const kept = createKept(KEPT_OCTETS_MAX, octetsOf);

function madeOrFault(pattern: string): Automaton | PatternFault {
  try {
    return make(pattern);
  } catch (error) {
    if (error instanceof PatternFault) return error;
    throw error;
  }
}

function make(pattern: string): Automaton {
  const { JS, NFA, DFA, TooManyNodesError } = createRequire(import.meta.url)('refa') as typeof Refa;
  try {
    const { source, atStart, atEnd } = withoutAnchors(pattern);
    const whole = `${atStart ? '' : '[^]*'}(?:${source})${atEnd ? '' : '[^]*'}`;
    const { expression, maxCharacter } = JS.Parser.fromLiteral({ source: whole, flags: 'i' }).parse({
      assertions: 'throw',
      backreferences: 'throw',
      maxNodes: NODES_MAX,
    });
    const nfa = NFA.fromRegex(expression, { maxCharacter }, {}, new NFA.LimitedNodeFactory(NODES_MAX));
    const dfa = DFA.fromFA(nfa, new DFA.LimitedNodeFactory(NODES_MAX));
    dfa.minimize();
    return tableOf(dfa);
  } catch (error) {
    if (error instanceof PatternFault) throw error;
    if (error instanceof TooManyNodesError) throw new PatternFault(TOO_MANY);
    throw new PatternFault(`is not understood: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const TOO_MANY = `needs more than ${STATES_MAX} states; write it with fewer alternatives or repetitions`;

/** The anchors that a whole pattern may have; `|` outside of parentheses would make them part of one alternative. */
function withoutAnchors(pattern: string): { source: string; atStart: boolean; atEnd: boolean } {
  const atStart = pattern.startsWith('^');
  const atEnd = /(?<!\\)(?:\\\\)*\$$/.test(pattern);
  const source = pattern.slice(atStart ? 1 : 0, atEnd ? -1 : undefined);
  if ((atStart || atEnd) && hasOuterAlternative(source))
    throw new PatternFault('has "^" or "$" beside "|"; put the alternatives in parentheses');
  return { source, atStart, atEnd };
}

function hasOuterAlternative(source: string): boolean {
  let depth = 0;
  for (const [part] of source.matchAll(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|[()|]/g)) {
    if (part === '(') depth += 1;
    else if (part === ')') depth -= 1;
    else if (part === '|' && depth === 0) return true;
  }
  return false;
}

/** The table of an automaton, with a state of its own for what cannot match any more. */
function tableOf(dfa: Refa.DFA): Automaton {
  const nodes = [...dfa.nodes()];
  if (nodes.length >= STATES_MAX) throw new PatternFault(TOO_MANY);
  const dead = nodes.length;
  const numberOf = new Map(nodes.map((node, number) => [node, number]));
  const start = numberOf.get(dfa.initial)!;
  // The start is state 0: it changes numbers with the first.
  const renumber = (number: number) => (number === start ? 0 : number === 0 ? start : number);
  const states = nodes.length + 1;
  const full = new Uint16Array(states * (OCTET_MAX + 1)).fill(dead);
  const accepts = new Uint8Array(states);
  for (const [node, number] of numberOf) {
    const state = renumber(number);
    if (dfa.finals.has(node)) accepts[state] = 1;
    for (const [{ min, max }, to] of node.out)
      for (let octet = min; octet <= Math.min(max, OCTET_MAX); octet += 1)
        full[state * (OCTET_MAX + 1) + octet] = renumber(numberOf.get(to)!);
  }
  return { ...compressed(full, states), accepts };
}

/** Octets that lead to the same states from every state are one class. */
function compressed(full: Uint16Array, states: number): Omit<Automaton, 'accepts'> {
  const classOf = new Uint8Array(OCTET_MAX + 1);
  const columns = new Map<string, { class: number; octet: number }>();
  for (let octet = 0; octet <= OCTET_MAX; octet += 1) {
    const column = Array.from({ length: states }, (_, state) => full[state * (OCTET_MAX + 1) + octet]);
    const key = column.join();
    if (!columns.has(key)) columns.set(key, { class: columns.size, octet });
    classOf[octet] = columns.get(key)!.class;
  }
  const classes = columns.size;
  const next = new Uint16Array(states * classes);
  for (const { class: of, octet } of columns.values())
    for (let state = 0; state < states; state += 1)
      next[state * classes + of] = full[state * (OCTET_MAX + 1) + octet]!;
  return { classOf, classes, next };
}
