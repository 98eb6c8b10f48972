import Type from 'typebox';
import { foldName, formatName } from '../../dns/name.ts';
import { Rcode } from '../../dns/rcode.ts';
import { Type as DnsType } from '../../dns/type.ts';
import { poolIdsNamed } from '../../load-balancer/pools-named.ts';
import { formatPlace } from '../../place/place.ts';
import { recordTypeName } from '../../rdata/record-type.ts';
import { type AdminApp, allowOnly } from '../app.ts';
import { answers, success } from '../http/envelope.ts';
import { invalid } from '../http/problem.ts';
import { type LoadBalancerExplained, likeliestAnswer, loadBalancerExplained } from './load-balancer.ts';
import { questionOf } from './question.ts';
import { reasonsOf } from './reasons.ts';
import { Explained } from './schema.ts';
import type { AnswerPath, ExplainSource, NodeAnswer, PoolAtName } from './source.ts';
import { poolExplained, rcodeName, sectionsView, supposedAnswer, windowOf } from './view.ts';
import { supposedPool, whatIfOf } from './what-if.ts';

const PATH = '/explain';
/** Maximum characters of a parameter. */
const PARAMETER_MAX = 1_024;

/** Maximum number of pools of a load balancer whose endpoints are explained. */
export const POOLS_EXPLAINED_MAX = 20;

const Text = Type.String({ maxLength: PARAMETER_MAX });
const repeatable = (description: string) =>
  Type.Optional(
    Type.Unsafe<string | string[]>({ type: ['string', 'array'], items: { type: 'string' }, description }),
  );

/** Registers the route that explains answers, below the prefix of `app`. */
export function explainRoute(app: AdminApp, source: ExplainSource, epochMs: () => number): void {
  app.get(
    PATH,
    {
      schema: {
        tags: ['explain'],
        summary: 'Explain why a name has its answer',
        querystring: Type.Object({
          name: Text,
          type: Type.Optional(
            Type.String({
              maxLength: PARAMETER_MAX,
              description: 'A type of records, such as A (default), MX or TYPE65, or ANY.',
            }),
          ),
          client: Type.Optional(
            Type.String({
              maxLength: PARAMETER_MAX,
              description: 'Address of the client that asks (default: 127.0.0.1).',
            }),
          ),
          ecs: Type.Optional(
            Type.String({
              maxLength: PARAMETER_MAX,
              description:
                'Client subnet of the query (RFC 7871); an address alone means its /24, or of IPv6 its /56.',
            }),
          ),
          what_if: repeatable(
            'Supposed result of the checks of an endpoint: its name, or its pool, a slash and its name; a colon; healthy or unhealthy.',
          ),
          what_if_pool: repeatable(
            'Supposed result of all checks of a pool that may answer: its name or identifier, a colon, healthy or unhealthy.',
          ),
          place: Type.Optional(
            Type.String({
              maxLength: PARAMETER_MAX,
              description:
                'Where the client is supposed to be, for load balancers: code of a region (WEU), country (DE) or subdivision (US-CA), or coordinates (50.1,8.7).',
            }),
          ),
        }),
        response: answers(Explained),
      },
    },
    async ({ query }) => {
      const question = questionOf(query);
      if (!('query' in question)) throw invalid(question);
      const path = source.path(question.name, question.type);
      const pools = [...path.pools, ...poolsOf(path)];
      const { whatIf, problems } = whatIfOf(
        {
          endpoints: [query.what_if ?? []].flat(),
          pools: [query.what_if_pool ?? []].flat(),
          place: query.place,
        },
        pools.map(({ pool }) => pool),
      );
      if (problems.length > 0) throw invalid(problems);
      const isForAddresses = question.type === DnsType.A || question.type === DnsType.AAAA;
      if (whatIf.isGiven && !isForAddresses)
        throw invalid([{ pointer: '/type', rule: 'must be A or AAAA where something is supposed' }]);
      const family = question.type === DnsType.A ? 'ipv4' : 'ipv6';
      const { steered } = path;
      const balanced = steered && loadBalancerExplained(steered, { question, family, whatIf });
      const shown = balanced ? [...path.pools, ...likeliest(balanced, pools)] : pools;
      // At the name of a load balancer a pool has its healthy members, or is a fallback pool.
      const answerFor = ({ pool: { id } }: PoolAtName): ExplainSource['answerOf'] => {
        const isFallback = balanced?.pools.some((each) => each.pool_id === id && each.is_fallback);
        const allDown = (isFallback && balanced?.all_down) || 'nodata';
        return (pool, healthOf) => source.answerOf(pool, healthOf, allDown);
      };
      const explained = await Promise.all(
        shown.map(async (at) =>
          poolExplained(
            {
              ...at,
              pool: supposedPool(at.pool, whatIf),
              answerOf: path.pools.includes(at) ? source.answerOf : answerFor(at),
            },
            await source.reasons(at.pool),
            family,
            whatIf,
            epochMs(),
          ),
        ),
      );
      const end = balanced
        ? likeliestAnswer(balanced)
        : path.end && explained.find(({ pool_id: id }) => id === path.end!.id);
      const endPool = pools.find(({ pool }) => pool.id === end?.pool_id)?.pool;
      const recordsMax = steered?.plan.loadBalancer.answerAddressesMax || source.recordsMaxOf(endPool);
      const answer: NodeAnswer | undefined = whatIf.isGiven
        ? supposedAnswer(path, end, recordsMax)
        : source.ask(question.query, question.client);
      return success({
        name: formatName(question.name),
        type: recordTypeName(question.type),
        revision: source.revision,
        generation: source.generation,
        rcode: answer ? rcodeName(answer.rcode) : null,
        answer: answer?.answers ?? [],
        sections: answer?.sections ? sectionsView(answer.sections) : null,
        why: reasonsOf({ ...question, ...path, apexes: source.apexes() }, answer?.sections),
        scope: answer?.scopeBits ?? null,
        window: windowOf(path, end, recordsMax),
        flattened: path.flattened.map((name) => formatName(name)),
        loop: path.loop?.map((name) => formatName(name)) ?? null,
        hint: isNothing(path) ? source.hint(foldName(path.aliases.at(-1) ?? question.name)) : null,
        what_if: whatIf.endpoints,
        what_if_pools: whatIf.pools,
        what_if_place: whatIf.place === undefined ? null : formatPlace(whatIf.place),
        load_balancer: balanced ?? null,
        disabled_load_balancer: path.disabledLoadBalancer ?? null,
        pools: explained,
      });
    },
  );
  allowOnly(app, PATH, ['GET']);
}

/** Returns true when a question leads to nothing, and would lead to nothing even if a pool were enabled. */
function isNothing({ rcode, pools }: AnswerPath): boolean {
  return rcode !== Rcode.NOERROR && pools.length === 0;
}

/** The pools that a load balancer at the end of a path names, each once. */
function poolsOf({ steered }: AnswerPath): readonly PoolAtName[] {
  if (steered === undefined) return [];
  const { loadBalancer } = steered.plan;
  const zone = `${loadBalancer.zoneName.replace(/\.$/, '')}.`;
  return poolIdsNamed(loadBalancer).flatMap((id) => {
    const pool = steered.world.pool(id);
    return pool === undefined ? [] : [{ zone, pool }];
  });
}

/** The pools of a load balancer whose endpoints are explained: those that answer first, at most POOLS_EXPLAINED_MAX. */
function likeliest(balanced: LoadBalancerExplained, pools: readonly PoolAtName[]): readonly PoolAtName[] {
  return balanced.pools
    .toSorted((a, b) => b.share - a.share)
    .flatMap(({ pool_id: id }) => pools.find(({ pool }) => pool.id === id) ?? [])
    .slice(0, POOLS_EXPLAINED_MAX);
}
