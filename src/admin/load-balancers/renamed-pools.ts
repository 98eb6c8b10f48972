import { memberPointer } from '../http/problem.ts';
import type { Fields } from '../resource/resource.ts';
import { isObject, itemsIn, membersIn, POOL_LISTS, POOL_MAPS } from './walk.ts';

/** Returns what a pool is called instead, which a body names at a place; `weight`: only a weight is about it. */
export type RenamePool = (pool: string, pointer: string, of: 'choice' | 'weight') => string;

/** Copies a valid body, in which each pool is called as `rename` says. */
export function withRenamedPools<T extends Fields>(body: T, rename: RenamePool): T {
  const overridesIn = (list: unknown, pointer: string) =>
    itemsIn(list, pointer).map(({ item, pointer: at }) =>
      isObject(item) && isObject(item.overrides)
        ? { ...item, overrides: renamedIn(item.overrides, `${at}/overrides`, rename) }
        : item,
    );
  return {
    ...renamedIn(body, '', rename),
    ...(Array.isArray(body.rules) && { rules: overridesIn(body.rules, '/rules') }),
    ...(Array.isArray(body.pool_sets) && { pool_sets: overridesIn(body.pool_sets, '/pool_sets') }),
  };
}

function renamedIn<T extends Fields>(part: T, pointer: string, rename: RenamePool): T {
  const renamed: Record<string, unknown> = { ...part };
  const listed = (list: unknown, at: string) =>
    Array.isArray(list)
      ? itemsIn(list, at).map(({ item, pointer: place }) => rename(String(item), place, 'choice'))
      : list;
  const weighed = (weights: unknown, at: string) =>
    isObject(weights)
      ? Object.fromEntries(
          membersIn(weights, at).map(({ key, member, pointer: place }) => [
            rename(key, place, 'weight'),
            member,
          ]),
        )
      : weights;
  const change = (field: string, made: (value: unknown, at: string) => unknown) => {
    if (Object.hasOwn(part, field)) renamed[field] = made(part[field], memberPointer(pointer, field));
  };
  for (const field of POOL_LISTS) change(field, listed);
  for (const field of POOL_MAPS)
    change(field, (map, at) =>
      isObject(map)
        ? Object.fromEntries(
            membersIn(map, at).map(({ key, member, pointer: place }) => [key, listed(member, place)]),
          )
        : map,
    );
  change('fallback_pool', (pool, at) => (pool ? rename(String(pool), at, 'choice') : pool));
  change('pool_weights', weighed);
  change('random_steering', (steering, at) =>
    isObject(steering) && Object.hasOwn(steering, 'pool_weights')
      ? { ...steering, pool_weights: weighed(steering.pool_weights, memberPointer(at, 'pool_weights')) }
      : steering,
  );
  return renamed as T;
}
