import type { FastifySchemaValidationError } from 'fastify';
import { nearest } from '../../input/nearest.ts';
import { memberPointer, type Problem, placeOf } from '../http/problem.ts';
import { ruleOf } from './formats.ts';

/** Maximum number of unknown fields of a body for which the nearest known field is looked for, which takes time. */
export const HINTS_MAX = 10;

/** The properties that Ajv adds to an error in verbose mode. */
interface VerboseError extends FastifySchemaValidationError {
  /** The value that breaks the rule. */
  readonly data?: unknown;
  readonly parentSchema?: {
    readonly minimum?: number;
    readonly maximum?: number;
    readonly minItems?: number;
    readonly maxItems?: number;
    readonly maxLength?: number;
    readonly properties?: Readonly<Record<string, unknown>>;
  };
}

/** Converts the errors of a body's schema to problems, in the order of their places. */
export function schemaProblems(errors: readonly FastifySchemaValidationError[]): Problem[] {
  let hints = HINTS_MAX;
  return errors.map((error) => {
    const isUnknown = error.keyword === 'additionalProperties';
    if (isUnknown) hints -= 1;
    return problemOf(error, isUnknown && hints >= 0);
  });
}

/** Converts the errors of a query's schema to problems. A repeated parameter is one problem, since it is unclear which value counts. */
export function queryProblems(errors: readonly FastifySchemaValidationError[]): Problem[] {
  const repeated = new Map<string, Problem>();
  for (const { instancePath, data } of errors as readonly VerboseError[])
    if (Array.isArray(data) && !repeated.has(instancePath))
      repeated.set(instancePath, {
        pointer: instancePath,
        rule: `is given ${times(data.length)}; give it once`,
      });
  const others = errors.filter(({ instancePath }) => !repeated.has(instancePath));
  return [...repeated.values(), ...schemaProblems(others)];
}

function times(count: number): string {
  return count === 2 ? 'twice' : `${count} times`;
}

function problemOf(error: VerboseError, hasHint: boolean): Problem {
  const { keyword, instancePath, params, parentSchema = {} } = error;
  const { properties = {} } = parentSchema;
  const at = (rule: string): Problem => ({ pointer: instancePath, rule });
  switch (keyword) {
    case 'required':
      return { pointer: memberPointer(instancePath, String(params.missingProperty)), rule: 'must be given' };
    case 'additionalProperties':
      return {
        pointer: memberPointer(instancePath, String(params.additionalProperty)),
        rule: `is not a known field${hasHint ? nearest(String(params.additionalProperty), Object.keys(properties)) : ''}`,
      };
    case 'type':
      return at(`must be ${[params.type].flat().map(String).map(typeWords).join(' or ')}`);
    case 'enum':
      return at(
        `must be one of ${(params.allowedValues as unknown[]).map((one) => JSON.stringify(one)).join(', ')}`,
      );
    case 'minimum':
    case 'maximum':
      return at(`is not in the range [${parentSchema.minimum}, ${parentSchema.maximum}]`);
    case 'multipleOf':
      return at(`is not a multiple of ${String(params.multipleOf)}`);
    case 'maxLength':
      return at(`is longer than ${parentSchema.maxLength} characters`);
    case 'minItems':
    case 'maxItems': {
      const one = placeOf(instancePath).replace(/s$/, '');
      const { minItems = 0, maxItems } = parentSchema;
      return {
        ...at(''),
        sentence: `the ${one} list length must be in the range [${minItems}, ${maxItems}]`,
      };
    }
    case 'uniqueItems':
      return at(`has equal items at ${String(params.i)} and ${String(params.j)}`);
    case 'maxProperties':
      return at(`has more than ${String(params.limit)} fields`);
    case 'format':
      return at(ruleOf(String(params.format)));
    default:
      return at(error.message ?? `breaks the rule ${keyword}`);
  }
}

function typeWords(type: string): string {
  if (type === 'null') return 'null';
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
