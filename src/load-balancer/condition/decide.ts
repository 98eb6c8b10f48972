import {
  type AddressField,
  type AddressRange,
  ALWAYS,
  type Automaton,
  type Condition,
  compareOctets,
  NEVER,
  type QueryFacts,
  type TextTest,
} from './condition.ts';

/** The facts that are known already; a key that is absent is not known yet. */
export type KnownFacts = Partial<QueryFacts>;

/** Decides a condition for a query. */
export function holds(condition: Condition, facts: QueryFacts): boolean {
  return simplify(condition, facts) === ALWAYS;
}

/** Decides as much of a condition as the known facts allow. What is left asks only for the other facts. */
export function simplify(condition: Condition, facts: KnownFacts): Condition {
  switch (condition.kind) {
    case 'constant':
      return condition;
    case 'not':
      return negated(simplify(condition.of, facts));
    case 'all':
      return joined(condition.of, facts, NEVER);
    case 'any':
      return joined(condition.of, facts, ALWAYS);
    case 'odd':
      return oddOf(condition.of.map((each) => simplify(each, facts)));
    case 'flag':
      // A query that asks for a reply by unicast has another class (RFC 6762 §5.4), and is not answered here.
      if (condition.field === 'dns.qry.qu') return NEVER;
      return 'clientSubnet' in facts ? constant(facts.clientSubnet !== undefined) : condition;
    case 'number': {
      const value = condition.field === 'dns.qry.type' ? facts.queryType : facts.queryName?.length;
      if (value === undefined) return condition;
      return constant(condition.ranges.some(({ from, to }) => from <= value && value <= to));
    }
    case 'address':
      return addressTest(condition.field, condition.ranges, facts) ?? condition;
    case 'text':
      return textTest(condition, facts) ?? condition;
  }
}

function constant(value: boolean): Condition {
  return value ? ALWAYS : NEVER;
}

function isConstant(condition: Condition): condition is Condition & { kind: 'constant' } {
  return condition.kind === 'constant';
}

function negated(of: Condition): Condition {
  if (isConstant(of)) return constant(!of.value);
  return of.kind === 'not' ? of.of : { kind: 'not', of };
}

/** Joins by "all", which one NEVER decides, or by "any", which one ALWAYS decides. */
function joined(parts: readonly Condition[], facts: KnownFacts, decider: Condition): Condition {
  const open: Condition[] = [];
  for (const part of parts) {
    const simple = simplify(part, facts);
    if (simple === decider) return decider;
    if (!isConstant(simple)) open.push(simple);
  }
  if (open.length === 0) return decider === NEVER ? ALWAYS : NEVER;
  return open.length === 1 ? open[0]! : { kind: decider === NEVER ? 'all' : 'any', of: open };
}

function oddOf(parts: readonly Condition[]): Condition {
  const open = parts.filter((part) => !isConstant(part));
  const isOdd = parts.filter((part) => part === ALWAYS).length % 2 === 1;
  if (open.length === 0) return constant(isOdd);
  const rest: Condition = open.length === 1 ? open[0]! : { kind: 'odd', of: open };
  return isOdd ? negated(rest) : rest;
}

function addressTest(
  field: AddressField,
  ranges: readonly AddressRange[],
  facts: KnownFacts,
): Condition | undefined {
  const key = field === 'ip.src' ? 'source' : 'clientSubnet';
  if (!(key in facts)) return undefined;
  const address = facts[key];
  return constant(address !== undefined && ranges.some((range) => isWithin(address, range)));
}

function isWithin(address: Uint8Array, { from, to }: AddressRange): boolean {
  return (
    address.length === from.length && compareOctets(from, address) <= 0 && compareOctets(address, to) <= 0
  );
}

function textTest({ field, test }: Condition & { kind: 'text' }, facts: KnownFacts): Condition | undefined {
  if (field === 'dns.qry.name')
    return facts.queryName === undefined ? undefined : constant(passes(test, facts.queryName));
  const key = field === 'cf.load_balancer.name' ? 'loadBalancerName' : 'region';
  if (!(key in facts)) return undefined;
  const text = facts[key];
  // An unknown region is equal to none, and has no part.
  return constant(text !== undefined && passes(test, new TextEncoder().encode(text)));
}

/** Tests a text. */
export function passes(test: TextTest, text: Uint8Array): boolean {
  if (test.kind === 'equals') return test.anyOf.some((each) => Buffer.compare(each, text) === 0);
  if (test.kind === 'contains') return Buffer.from(text).includes(test.part);
  return accepts(test.automaton, text);
}

function accepts({ classOf, classes, next, accepts: final }: Automaton, text: Uint8Array): boolean {
  let state = 0;
  for (const octet of text) state = next[state * classes + classOf[octet]!]!;
  return final[state] === 1;
}
