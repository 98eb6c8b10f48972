import type { ResourceKind } from '../resource/kind.ts';
import { overrideView } from './view.ts';

/** Overrides. */
export const OVERRIDE: ResourceKind<'override'> = {
  kind: 'override',
  noun: 'override',
  secrets: {},
  writers: 'edit',
  poolsOf: ({ pool }) => [{ id: pool }],
  nameOf: () => '',
  // The reference API does not have overrides, so no list of references has them.
  usesOf: () => [],
  eventView: (override, { atMs, poolName }) => overrideView(override, poolName ?? override.pool, atMs),
};
