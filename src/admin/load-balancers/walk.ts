import { type PoolFields, poolsIn } from '../../load-balancer/pool-fields.ts';
import { memberPointer } from '../http/problem.ts';
import type { Fields } from '../resource/resource.ts';

/** A part of a body that steers: the body itself, or the overrides of a rule or of a pool set; of any types. */
export interface SteeringPart {
  readonly fields: Fields;
  readonly pointer: string;
  readonly of: 'load balancer' | 'rule' | 'pool set';
  /** Whether it is of a rule or of a pool set that is disabled. */
  readonly isDisabled: boolean;
}

/** Lists the parts of a body that steer. The schema reports parts that are no objects; they are left out here. */
export function steeringParts(body: Fields): SteeringPart[] {
  const below = (list: string, of: SteeringPart['of']) =>
    objectsIn(body[list], `/${list}`).flatMap(({ fields, pointer }): SteeringPart[] => {
      const { overrides, disabled } = fields;
      if (!isObject(overrides)) return [];
      return [{ fields: overrides, pointer: `${pointer}/overrides`, of, isDisabled: disabled === true }];
    });
  return [
    { fields: body, pointer: '', of: 'load balancer', isDisabled: false },
    ...below('rules', 'rule'),
    ...below('pool_sets', 'pool set'),
  ];
}

/** Lists the objects in a list, with their places. */
export function objectsIn(list: unknown, pointer: string): { fields: Fields; pointer: string }[] {
  return itemsIn(list, pointer).flatMap(({ item, pointer: at }) =>
    isObject(item) ? [{ fields: item, pointer: at }] : [],
  );
}

/** Lists the items of a list of any type, with their places; none where it is no list. */
export function itemsIn(list: unknown, pointer: string): { item: unknown; pointer: string }[] {
  if (!Array.isArray(list)) return [];
  return list.map((item: unknown, at) => ({ item, pointer: memberPointer(pointer, at) }));
}

/** Lists the members of an object of any type, with their places; none where it is no object. */
export function membersIn(
  object: unknown,
  pointer: string,
): { key: string; member: unknown; pointer: string }[] {
  if (!isObject(object)) return [];
  return Object.entries(object).map(([key, member]) => ({
    key,
    member,
    pointer: memberPointer(pointer, key),
  }));
}

/** Whether a value is an object, and no list. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A pool that a body names, and where. */
export interface MentionedPool {
  readonly pool: string;
  readonly pointer: string;
}

/** What the fields of a body are called that name pools. */
export const API_POOL_FIELDS: PoolFields = {
  lists: ['default_pools', 'pools'],
  maps: ['region_pools', 'country_pools', 'pop_pools'],
  single: 'fallback_pool',
  weights: 'pool_weights',
  weighing: 'random_steering',
  parts: ['rules', 'pool_sets'],
};

/** Lists the pools that a body of any types names, each mention with its place. Weights alone name no pool. */
export function poolsMentioned(body: Fields): MentionedPool[] {
  return [...poolsIn(body, API_POOL_FIELDS)].flatMap(({ pools, path, as }) => {
    if (as === 'weights') return [];
    const pointer = path.reduce<string>(memberPointer, '');
    return pools.flatMap((pool, at) => {
      if (typeof pool !== 'string' || pool === '') return [];
      return [{ pool, pointer: as === 'single' ? pointer : memberPointer(pointer, at) }];
    });
  });
}
