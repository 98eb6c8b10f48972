import { isSteered } from '../../load-balancer/load-balancer-shape.ts';
import { poolsToLocate } from '../../load-balancer/located-pools.ts';
import type { DocumentStore } from '../../store/contract/documents.ts';
import type { AdminApp, PathForm } from '../app.ts';
import { invalid, type Problem } from '../http/problem.ts';
import { oldestFirst } from '../resource/oldest-first.ts';
import type { Fields } from '../resource/resource.ts';
import { resourceRoutes } from '../resource/routes.ts';
import { isObjectId } from '../schema/object-id.ts';
import { knownZones, zoneInPath } from '../zones/known-zone.ts';
import type { ZonesContext } from '../zones/routes.ts';
import { loadBalancerBodyOf, loadBalancerOf } from './body.ts';
import { unlocatedPools } from './coordinates.ts';
import { writtenIn } from './field-names.ts';
import { loadBalancerHealthRoute } from './health/routes.ts';
import { hostNameOf } from './host-name.ts';
import { LOAD_BALANCER, loadBalancerDraft } from './kind.ts';
import { loadBalancerMessages } from './messages.ts';
import { loadBalancerProblems, outcomeProblems, prepareRules } from './rules.ts';
import { LoadBalancerBody, LoadBalancerPatch, LoadBalancerView } from './schema.ts';
import { loadBalancerView } from './view.ts';
import { poolsMentioned } from './walk.ts';
import { type LoadBalancerPlace, moveProblems, zoneOf } from './zone-of.ts';

/** Registers the routes of the load balancers of a zone, or in the form of accounts those of all zones, below the prefix of `app`. */
export function loadBalancerRoutes(app: AdminApp, context: ZonesContext, form: PathForm): void {
  const { store } = context;
  const isOfZone = form === 'user';
  resourceRoutes<'load_balancer', LoadBalancerBody, LoadBalancerPlace>(app, context, {
    kind: LOAD_BALANCER,
    form,
    path: isOfZone ? '/zones/:zone_id/load_balancers' : '/load_balancers',
    tag: 'load balancers',
    of: isOfZone ? 'of a zone' : 'of all zones',
    View: LoadBalancerView,
    views: (loadBalancers) => loadBalancers.map(loadBalancerView),
    logFields: (id, loadBalancer) => ({
      loadBalancer: id,
      ...(loadBalancer && { name: loadBalancer.name }),
    }),
    placeOf: (params) => (isOfZone ? zonePlace(context, params) : accountPlace(context)),
    belongs: ({ zoneName }, { zone }) => zone === undefined || zone.name === zoneName,
    list: {
      all: async ({ zone }) => {
        const all = await oldestFirst(store, 'load_balancer');
        return zone === undefined ? all : all.filter(({ zoneName }) => zoneName === zone.name);
      },
    },
    writing: {
      Body: LoadBalancerBody,
      Patch: LoadBalancerPatch,
      merged: (was, { pool_sets: sets, ...patch }) => ({
        ...loadBalancerBodyOf(was),
        ...patch,
        // Of this list null means unchanged in the reference.
        ...(sets && { pool_sets: sets }),
      }),
      problems: async (whole, _, __, place) => {
        await prepareRules(whole);
        return [...loadBalancerProblems(whole, place), ...(await coordinateProblems(store, whole))];
      },
      references: (whole) =>
        poolsMentioned(whole).flatMap(({ pool, pointer }) =>
          isObjectId(pool) ? [{ to: { kind: 'pool', id: pool } as const, pointer }] : [],
        ),
      draft(body, { id, epochMs, was, place }) {
        const zone = zoneOf(place.zones, hostNameOf(body.name)!)!;
        const loadBalancer = loadBalancerOf(body, zone, { id, epochMs, was });
        const problems = [...moveProblems(loadBalancer), ...outcomeProblems(loadBalancer)];
        if (problems.length > 0) throw invalid(problems);
        return loadBalancerDraft(loadBalancer);
      },
      messages: loadBalancerMessages,
    },
    deletion: 'identifier',
  });
  loadBalancerHealthRoute(app, context, form);
}

/** The place of the load balancers of a zone. Throws ApiError where there is no such zone. */
async function zonePlace(context: ZonesContext, params: Fields): Promise<LoadBalancerPlace> {
  const zone = await zoneInPath(context, { params });
  return { zone, zones: [zone] };
}

async function accountPlace({ store, configured }: ZonesContext): Promise<LoadBalancerPlace> {
  return { zone: undefined, zones: await knownZones(store, configured) };
}

/** Finds pools without coordinates in a body of any types. A body with wrong types has other problems. */
async function coordinateProblems(store: Pick<DocumentStore, 'get'>, whole: Fields): Promise<Problem[]> {
  const steered = { ...writtenIn(whole), steeringPolicy: whole.steering_policy ?? '' };
  if (!isSteered(steered)) return [];
  const found = await Promise.all(poolsToLocate(steered).map((id) => store.get('pool', id)));
  const pools = new Map(found.flatMap((pool) => (pool ? [[pool.id, pool.value] as const] : [])));
  return unlocatedPools(steered, (id) => pools.get(id));
}
