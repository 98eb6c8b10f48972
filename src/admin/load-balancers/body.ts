import type { LoadBalancer } from '../../load-balancer/load-balancer.ts';
import { present } from '../resource/present.ts';
import { timestamp } from '../schema/timestamp.ts';
import type { KnownZone } from '../zones/known-zone.ts';
import { fieldsOf, writtenIn } from './field-names.ts';
import { hostNameOf } from './host-name.ts';
import { BODY_DEFAULTS, type LoadBalancerBody } from './schema.ts';

/** The load balancer that a valid body describes, under an identity in a zone; `was` is the load balancer it replaces. */
export function loadBalancerOf(
  body: LoadBalancerBody,
  { id, name: zoneName, isConfigured }: Pick<KnownZone, 'id' | 'name' | 'isConfigured'>,
  identity: { readonly id: string; readonly epochMs: number; readonly was?: LoadBalancer | undefined },
): LoadBalancer {
  const now = timestamp(identity.epochMs);
  return present({
    id: identity.id,
    name: hostNameOf(body.name) ?? body.name,
    zoneName,
    zoneId: isConfigured ? undefined : id,
    leftZones: leftZonesOf(zoneName, identity.was),
    description: body.description ?? BODY_DEFAULTS.description,
    enabled: body.enabled ?? BODY_DEFAULTS.enabled,
    proxied: body.proxied ?? BODY_DEFAULTS.proxied,
    steeringPolicy: body.steering_policy ?? BODY_DEFAULTS.steering_policy,
    ...writtenIn(body),
    createdOn: identity.was?.createdOn ?? now,
    modifiedOn: now,
  });
}

/** The zones that a load balancer left, in this one now; undefined: none. */
function leftZonesOf(zoneName: string, was: LoadBalancer | undefined): readonly string[] | undefined {
  if (was === undefined || was.zoneName === zoneName) return was?.leftZones;
  return [...new Set([...(was.leftZones ?? []), was.zoneName])].filter((each) => each !== zoneName);
}

/** Returns the body that would write this load balancer, with defaults. A PATCH changes it. */
export function loadBalancerBodyOf(loadBalancer: LoadBalancer): LoadBalancerBody {
  return {
    name: loadBalancer.name,
    description: loadBalancer.description,
    enabled: loadBalancer.enabled,
    proxied: loadBalancer.proxied,
    steering_policy: loadBalancer.steeringPolicy,
    ...fieldsOf(loadBalancer),
  } as LoadBalancerBody;
}
