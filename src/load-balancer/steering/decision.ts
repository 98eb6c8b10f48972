import { parseName } from '../../dns/name.ts';
import { REGION_CODES, type RegionCode } from '../../place/regions.ts';
import { ALWAYS, type Condition, dottedName, NEVER, type QueryTest } from '../condition/condition.ts';
import { type KnownFacts, passes, simplify } from '../condition/decide.ts';
import type { Steering } from '../load-balancer.ts';
import { overridden, type Plan, type PlannedSet, type Settings, settingsOf } from './plan.ts';
import type { NodePlace } from './steer.ts';

/** A test of one fact that only a query decides. */
export type Test =
  | QueryTest
  /** The client is in one of these regions. */
  | { readonly kind: 'region'; readonly codes: readonly RegionCode[] }
  /** The client is in one of these countries; `isUnknownIn`: or in none that is known. */
  | { readonly kind: 'country'; readonly codes: readonly string[]; readonly isUnknownIn: boolean };

/** What a load balancer does with a query, as tests that follow one another. It shares its parts, and never leads back to one. */
export type Decision =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'test'; readonly test: Test; readonly pass: Decision; readonly fail: Decision };

/**
 * Different tests and settings of one load balancer. Rules that each override another field need one for each
 * of their subsets. To lay out this many for both families takes about 20 ms; 1,000 pool sets need 3,000.
 */
export const DECISION_PARTS_MAX = 4_000;

/** A load balancer whose rules and pool sets need more than DECISION_PARTS_MAX. */
export class DecisionFault extends Error {
  override readonly name = 'DecisionFault';
  constructor() {
    super(
      `the rules and pool sets together have more than ${DECISION_PARTS_MAX} different outcomes; let fewer rules apply together, with "terminates" or more exact conditions`,
    );
  }
}

/** The fields of a steering, but for the weights. */
const STEERING_FIELDS = [
  'defaultPools',
  'fallbackPool',
  'regionPools',
  'countryPools',
  'popPools',
  'steeringPolicy',
  'locationStrategy',
  'ttl',
] as const;

const NOTHING: Decision = { kind: 'nothing' };

/**
 * Decides everything that is known before a query comes: for this type, on this node; undefined: on any node, of which nothing is
 * known. Throws DecisionFault.
 */
export function decisionOf(plan: Plan, queryType: number, at: NodePlace | undefined): Decision {
  const base = settingsOf(plan.steering);
  const isAtNode = at !== undefined && base.mode === 'pop' && !base.isLocatedByEcs;
  const node = at ?? {};
  const { name } = plan.loadBalancer;
  const facts: KnownFacts = {
    loadBalancerName: name,
    queryType,
    ...(!name.startsWith('*.') && { queryName: dottedName(parseName(name)) }),
    ...(isAtNode && { region: node.region }),
  };
  const conditions = plan.rules.map(({ condition }) => simplify(condition, facts));
  const known = new Map<string, Decision>();
  const branches = new Map<Condition, Map<Decision, Map<Decision, Decision>>>();
  let parts = 0;
  const numbers = new Map<unknown, number>();

  /** Equal for steerings whose fields come from the same rules. To compare their contents would take long where they name many pools. */
  function identityOf(steering: Steering): string {
    const { randomSteering, ...fields } = steering;
    const all = [
      ...STEERING_FIELDS.map((field) => fields[field]),
      randomSteering?.poolWeights,
      randomSteering?.defaultWeight,
    ];
    return all.map((value) => numbers.getOrInsert(value, numbers.size)).join();
  }

  function counted<T>(part: T): T {
    parts += 1;
    if (parts > DECISION_PARTS_MAX) throw new DecisionFault();
    return part;
  }

  function test(of: Test, pass: Decision, fail: Decision): Decision {
    if (pass === fail) return pass;
    return counted({ kind: 'test', test: of, pass, fail });
  }

  /** Each part of a condition leads to the same two decisions once only: an exclusive "or" would take twice as long for each one in it. */
  function branch(condition: Condition, pass: Decision, fail: Decision): Decision {
    if (pass === fail) return pass;
    const byPass = branches.getOrInsertComputed(condition, () => new Map());
    const byFail = byPass.getOrInsertComputed(pass, () => new Map());
    const found = byFail.get(fail);
    if (found !== undefined) return found;
    const made = newBranch(condition, pass, fail);
    byFail.set(fail, made);
    return made;
  }

  function newBranch(condition: Condition, pass: Decision, fail: Decision): Decision {
    switch (condition.kind) {
      case 'constant':
        return condition.value ? pass : fail;
      case 'not':
        return branch(condition.of, fail, pass);
      case 'all':
        return condition.of.reduceRight((next, each) => branch(each, next, fail), pass);
      case 'any':
        return condition.of.reduceRight((next, each) => branch(each, pass, next), fail);
      case 'odd': {
        let [even, odd] = [fail, pass];
        for (const each of condition.of.toReversed())
          [even, odd] = [branch(each, odd, even), branch(each, even, odd)];
        return even;
      }
      case 'text':
        return test(
          condition.field === 'cf.load_balancer.region' ? regionTest(condition) : condition,
          pass,
          fail,
        );
      default:
        return test(condition, pass, fail);
    }
  }

  const regionTests = new Map<Condition, Test>();
  function regionTest(condition: Extract<Condition, { kind: 'text' }>): Test {
    return regionTests.getOrInsertComputed(condition, () => ({
      kind: 'region',
      codes: REGION_CODES.filter((code) => passes(condition.test, new TextEncoder().encode(code))),
    }));
  }

  function rulesFrom(index: number, steering: Steering): Decision {
    const rule = plan.rules[index];
    const key = `${index} ${identityOf(steering)}`;
    return known.getOrInsertComputed(key, () => {
      counted(undefined);
      if (rule === undefined) return { kind: 'settings', settings: settingsOf(steering) };
      const condition = conditions[index]!;
      const pass = () =>
        rulesFrom(rule.terminates ? plan.rules.length : index + 1, overridden(steering, rule.overrides));
      if (condition === ALWAYS) return pass();
      const fail = rulesFrom(index + 1, steering);
      return condition === NEVER ? fail : branch(condition, pass(), fail);
    });
  }

  function setsFrom(index: number): Decision {
    const set = plan.sets[index];
    if (set === undefined) return rulesFrom(0, plan.steering);
    const inSet = set.isEmpty ? NOTHING : rulesFrom(0, overridden(plan.steering, set.overrides));
    return inSetOr(set, inSet, () => setsFrom(index + 1));
  }

  function inSetOr({ topology }: PlannedSet, pass: Decision, otherwise: () => Decision): Decision {
    if (topology === undefined || (node.pop !== undefined && topology.pops.includes(node.pop))) return pass;
    const { countries, regions } = topology;
    if (isAtNode) {
      const isIn =
        (node.country !== undefined && countries.includes(node.country)) ||
        (node.region !== undefined && regions.includes(node.region));
      return isIn ? pass : otherwise();
    }
    const fail = otherwise();
    const codes = REGION_CODES.filter((code) => regions.includes(code));
    const inRegion = codes.length === 0 ? fail : test({ kind: 'region', codes }, pass, fail);
    if (countries.length === 0) return inRegion;
    // Where the client's country is unknown, that of the node counts.
    const isUnknownIn = node.country !== undefined && countries.includes(node.country);
    return test({ kind: 'country', codes: countries.toSorted(), isUnknownIn }, pass, inRegion);
  }

  return setsFrom(0);
}
