import { TTL_SECONDS_MAX } from '../dns/rrset.ts';
import { ANSWER_ADDRESSES_MAX } from '../pool/pool.ts';
import {
  boolean,
  domainName,
  listOf,
  numberFrom,
  objectOf,
  oneOf,
  orNull,
  recordOf,
  type Shape,
  shallow,
  text,
  wholeFrom,
} from '../pool/shape.ts';
import { ALL_DOWN } from '../pool/steering/all-down.ts';
import { ECS_PREFERENCES, LOCATION_MODES, type LoadBalancer, STEERING_POLICIES } from './load-balancer.ts';

const ids = orNull(listOf(text));
const map = orNull(recordOf(listOf(text)));
const policy = orNull(oneOf(STEERING_POLICIES));
const weight = orNull(numberFrom(0, 1));
const weights = orNull(recordOf(numberFrom(0, 1)));
const seconds = orNull(wholeFrom(0, TTL_SECONDS_MAX));
const free = orNull(recordOf(shallow));

const steering: Readonly<Record<string, Shape>> = {
  regionPools: map,
  countryPools: map,
  popPools: map,
  randomSteering: orNull(objectOf({}, { defaultWeight: weight, poolWeights: weights })),
  locationStrategy: orNull(
    objectOf({}, { mode: orNull(oneOf(LOCATION_MODES)), preferEcs: orNull(oneOf(ECS_PREFERENCES)) }),
  ),
  ttl: seconds,
  adaptiveRouting: free,
  sessionAffinity: orNull(text),
  sessionAffinityTtl: seconds,
  sessionAffinityAttributes: free,
};
const setOverrides: Readonly<Record<string, Shape>> = {
  pools: ids,
  poolWeights: weights,
  poolDefaultWeight: weight,
  fallbackPool: orNull(text),
  steeringPolicy: policy,
};
const rule = objectOf(
  {},
  {
    name: orNull(text),
    condition: orNull(text),
    priority: orNull(wholeFrom(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)),
    disabled: orNull(boolean),
    terminates: orNull(boolean),
    fixedResponse: free,
    overrides: orNull(objectOf({}, { ...steering, ...setOverrides, defaultPools: ids })),
  },
);
const poolSet = objectOf(
  {},
  {
    name: orNull(text),
    description: orNull(text),
    disabled: orNull(boolean),
    match: orNull(
      objectOf(
        {},
        {
          default: orNull(boolean),
          topology: orNull(objectOf({}, { pops: ids, countries: ids, regions: ids })),
        },
      ),
    ),
    overrides: orNull(objectOf({}, setOverrides)),
    fixedResponse: free,
  },
);

const steered = {
  defaultPools: listOf(text),
  fallbackPool: text,
  steeringPolicy: oneOf(STEERING_POLICIES),
};
const written: Readonly<Record<string, Shape>> = {
  ...steering,
  rules: orNull(listOf(rule)),
  poolSets: orNull(listOf(poolSet)),
  answerAddressesMax: orNull(wholeFrom(0, ANSWER_ADDRESSES_MAX)),
  allDown: orNull(oneOf(ALL_DOWN)),
  networks: ids,
  tunnelId: orNull(text),
};

/** A load balancer as a store keeps it. */
export const LOAD_BALANCER_SHAPE = objectOf(
  {
    id: text,
    name: domainName,
    zoneName: domainName,
    description: text,
    enabled: boolean,
    proxied: boolean,
    ...steered,
    createdOn: text,
    modifiedOn: text,
  },
  { ...written, zoneId: text, leftZones: listOf(text) },
);

const STEERED_SHAPE = objectOf(steered, written);

/** Whether what decides about the pools of a load balancer has the types that it must have. */
export function isSteered(
  value: unknown,
): value is Omit<
  LoadBalancer,
  | 'id'
  | 'name'
  | 'zoneName'
  | 'zoneId'
  | 'leftZones'
  | 'description'
  | 'enabled'
  | 'proxied'
  | 'createdOn'
  | 'modifiedOn'
> {
  return STEERED_SHAPE(value) === undefined;
}
