import Type from 'typebox';
import { formatName, nameKey } from '../../dns/name.ts';
import { Type as DnsType } from '../../dns/type.ts';
import { recordTypeName } from '../../rdata/record-type.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { invalid } from '../http/problem.ts';
import { nullable } from '../schema/nullable.ts';
import { type CountriesAnswer, countriesOf } from './countries.ts';
import { type Question, questionOf } from './question.ts';
import type { ExplainSource } from './source.ts';
import { NOTHING_SUPPOSED } from './what-if.ts';

const PATH = '/explain/countries';
/** Maximum characters of a parameter. */
const PARAMETER_MAX = 1_024;
/** Maximum number of names whose answers of one generation are kept. */
export const COUNTRIES_KEPT_MAX = 32;

const CountriesExplained = Type.Object({
  name: Type.String(),
  type: Type.String(),
  revision: Type.Integer(),
  generation: Type.Integer({ description: 'The answers are those of this generation of the node.' }),
  load_balancer: nullable(
    Type.Object(
      { id: Type.String(), name: Type.String() },
      {
        description:
          'The load balancer that answers. null: none does, so the place of a client decides nothing.',
      },
    ),
  ),
  answers: Type.Array(
    Type.Object({
      pools: Type.Array(
        Type.Object({
          id: Type.String(),
          name: nullable(Type.String({ description: 'null: there is no such pool.' })),
          share: Type.Number({ description: 'Probability that it answers, above 0, to 1.' }),
        }),
        { description: 'Empty: no address is answered.' },
      ),
      fallback: Type.Boolean({ description: 'No pool of the list is usable, so the fallback pool answers.' }),
      countries: Type.Array(
        Type.Object({
          country: Type.String({ description: 'ISO 3166-1 alpha-2.' }),
          region: Type.String({ description: 'Of a country in two regions: the part of it in this one.' }),
        }),
      ),
    }),
    {
      description:
        'Each country is in one of them, and one that lies in two regions in up to two. The answer of most countries comes first.',
    },
  ),
});

/** Registers the route that tells which pools answer each country, below the prefix of `app`. */
export function countriesRoute(app: AdminApp, source: ExplainSource): void {
  const answersOf = createKeptAnswers(source);
  app.get(
    PATH,
    {
      schema: {
        tags: ['explain'],
        summary: 'Show which pools a load balancer answers to each country now',
        querystring: Type.Object({
          name: Type.String({ maxLength: PARAMETER_MAX }),
          type: Type.Optional(Type.String({ maxLength: PARAMETER_MAX, description: 'A (default) or AAAA.' })),
        }),
        response: answers(CountriesExplained),
      },
    },
    async ({ query }) => {
      const question = questionOf(query);
      if (!('query' in question)) throw invalid(question);
      if (question.type !== DnsType.A && question.type !== DnsType.AAAA)
        throw invalid([{ pointer: '/type', rule: 'must be A or AAAA' }]);
      return success(await answersOf(question));
    },
  );
  allowOnly(app, PATH, ['GET']);
}

/** What is known of a question, and of the generation to which it belongs. */
interface Kept {
  readonly name: string;
  readonly type: string;
  readonly revision: number;
  readonly generation: number;
  readonly load_balancer: { readonly id: string; readonly name: string } | null;
  readonly answers: readonly CountriesAnswer[];
}

/** Keeps the newest answers of the present generation, so that many readers cost no more than one. */
function createKeptAnswers(source: ExplainSource): (question: Question) => Promise<Kept> {
  const kept = new Map<string, Promise<Kept>>();
  let of = Number.NaN;
  return (question) => {
    if (of !== source.generation) kept.clear();
    of = source.generation;
    const key = `${question.type} ${nameKey(question.name)}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    const made = answersFor(question, source);
    made.catch(() => kept.delete(key));
    kept.set(key, made);
    if (kept.size > COUNTRIES_KEPT_MAX) kept.delete(kept.keys().next().value!);
    return made;
  };
}

async function answersFor(question: Question, source: ExplainSource): Promise<Kept> {
  const { steered } = source.path(question.name, question.type);
  const family = question.type === DnsType.A ? 'ipv4' : 'ipv6';
  const { revision, generation } = source;
  return {
    name: formatName(question.name),
    type: recordTypeName(question.type),
    revision,
    generation,
    load_balancer: steered
      ? { id: steered.plan.loadBalancer.id, name: steered.plan.loadBalancer.name }
      : null,
    answers: steered ? await countriesOf(steered, { question, family, whatIf: NOTHING_SUPPOSED }) : [],
  };
}
