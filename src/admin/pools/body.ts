import type { Endpoint, Pool } from '../../pool/pool.ts';
import { present } from '../resource/present.ts';
import { timestamp } from '../schema/timestamp.ts';
import { ORIGIN_DEFAULTS, type OriginBody, POOL_DEFAULTS, type PoolBody } from './schema.ts';

/** The pool that a valid body describes, under an identity; `was` is the pool it replaces. */
export function poolOf(body: PoolBody, id: string, epochMs: number, was?: Pool): Pool {
  const now = timestamp(epochMs);
  const enabled = body.enabled ?? POOL_DEFAULTS.enabled;
  const known = new Map(was?.endpoints.map((endpoint) => [endpoint.name, endpoint]));
  return present({
    id,
    name: body.name,
    description: body.description ?? POOL_DEFAULTS.description,
    enabled,
    disabledAt: enabled ? undefined : (was?.disabledAt ?? now),
    minimumOrigins: body.minimum_origins ?? POOL_DEFAULTS.minimum_origins,
    monitor: body.monitor,
    monitorGroup: body.monitor_group,
    checkRegions: body.check_regions,
    healthSources: body.health_sources,
    latitude: body.latitude,
    longitude: body.longitude,
    loadShedding: body.load_shedding,
    originSteering: body.origin_steering,
    answerAddressesMax: body.answer_addresses_max,
    allDown: body.all_down,
    notificationEmail: body.notification_email ?? POOL_DEFAULTS.notification_email,
    notificationFilter: body.notification_filter,
    endpoints: body.origins.map((origin) => endpointOf(origin, now, known.get(origin.name))),
    createdOn: was?.createdOn ?? now,
    modifiedOn: now,
  });
}

function endpointOf(origin: OriginBody, now: string, was: Endpoint | undefined): Endpoint {
  const enabled = origin.enabled ?? ORIGIN_DEFAULTS.enabled;
  return present({
    name: origin.name,
    address: origin.address,
    enabled,
    weight: origin.weight ?? ORIGIN_DEFAULTS.weight,
    port: origin.port,
    header: origin.header && present({ Host: origin.header.Host }),
    flattenCname: origin.flatten_cname ?? ORIGIN_DEFAULTS.flatten_cname,
    virtualNetworkId: origin.virtual_network_id,
    disabledAt: enabled ? undefined : (was?.disabledAt ?? now),
  });
}

/** Returns the body that would write this pool, with defaults. A PATCH changes it. */
export function poolBodyOf(pool: Pool): PoolBody {
  const origins = pool.endpoints.map((endpoint) => present(originFields(endpoint)));
  return present({ ...poolFields(pool), origins }) as PoolBody;
}

/** The written properties of a pool, without its endpoints; undefined: not written. */
export function poolFields(pool: Pool) {
  return {
    name: pool.name,
    description: pool.description,
    enabled: pool.enabled,
    minimum_origins: pool.minimumOrigins,
    monitor: pool.monitor,
    monitor_group: pool.monitorGroup,
    check_regions: pool.checkRegions,
    health_sources: pool.healthSources,
    latitude: pool.latitude,
    longitude: pool.longitude,
    load_shedding: pool.loadShedding,
    origin_steering: pool.originSteering,
    answer_addresses_max: pool.answerAddressesMax,
    all_down: pool.allDown,
    notification_email: pool.notificationEmail,
    notification_filter: pool.notificationFilter,
  };
}

/** The written properties of an endpoint; undefined: not written. */
export function originFields(endpoint: Endpoint) {
  return {
    name: endpoint.name,
    address: endpoint.address,
    enabled: endpoint.enabled,
    weight: endpoint.weight,
    port: endpoint.port,
    header: endpoint.header,
    flatten_cname: endpoint.flattenCname,
    virtual_network_id: endpoint.virtualNetworkId,
  };
}
