import Type from 'typebox';
import {
  type AdminApp,
  type AdminContext,
  allowOnly,
  objectIdOf,
  objectParams,
  type PathForm,
} from '../../app.ts';
import { answers, success } from '../../http/envelope.ts';
import { apiError } from '../../http/errors.ts';
import { PageQuery, pageOf } from '../../http/paging.ts';
import { oldestFirst } from '../../resource/oldest-first.ts';
import { knownZone } from '../../zones/known-zone.ts';
import type { ZonesContext } from '../../zones/routes.ts';
import { LoadBalancerHealthView, loadBalancerHealthView } from './view.ts';

const TAG = 'load balancers';

/** Registers the route that shows the health of a load balancer, below the prefix of `app`. */
export function loadBalancerHealthRoute(
  app: AdminApp,
  { store, configured, health: { loadBalancers: source } }: ZonesContext,
  form: PathForm,
): void {
  if (source === undefined) return;
  const isOfZone = form === 'user';
  const url = `${isOfZone ? '/zones/:zone_id' : ''}/load_balancers/:id/health`;
  app.get(
    url,
    {
      schema: {
        tags: [TAG],
        summary: `Show the state of a load balancer ${isOfZone ? 'of a zone' : 'of any zone'}, and which pools answer`,
        params: objectParams(form, isOfZone ? { zone_id: Type.String() } : {}),
        response: answers(LoadBalancerHealthView),
      },
    },
    async (request) => {
      const found = await store.get('load_balancer', objectIdOf(request));
      const { zone_id: zoneId } = request.params as { readonly zone_id?: string };
      const zone = zoneId === undefined ? undefined : await knownZone(store, configured, zoneId);
      if (found === undefined || (isOfZone && zone?.name !== found.value.zoneName))
        throw apiError('notFound');
      return success(loadBalancerHealthView(found.value, source));
    },
  );
  allowOnly(app, url, ['GET']);
}

const LIST = '/load_balancers/health';

/** Registers the route that lists the health of all load balancers, below the prefix of `app`. */
export function loadBalancerHealthListRoute(
  app: AdminApp,
  { store, health: { loadBalancers: source } }: Pick<AdminContext, 'store' | 'health'>,
): void {
  if (source === undefined) return;
  app.get(
    LIST,
    {
      schema: {
        tags: [TAG],
        summary: 'List the states of all load balancers, and which pools answer',
        querystring: Type.Object(PageQuery),
        response: answers(Type.Array(LoadBalancerHealthView), 'paged'),
      },
    },
    async ({ query }) => {
      const { items, info } = pageOf(await oldestFirst(store, 'load_balancer'), query);
      return success(
        items.map((each) => loadBalancerHealthView(each, source)),
        { info },
      );
    },
  );
  allowOnly(app, LIST, ['GET']);
}
