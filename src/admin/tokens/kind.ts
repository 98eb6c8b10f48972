import type { ResourceKind } from '../resource/kind.ts';
import { tokenView } from './view.ts';

/** Tokens of the API. */
export const TOKEN: ResourceKind<'token'> = {
  kind: 'token',
  noun: 'token',
  // Nobody sees even the hash.
  secrets: { hash: () => undefined },
  writers: 'admin',
  poolsOf: () => undefined,
  nameOf: ({ name }) => name,
  usesOf: () => [],
  eventView: tokenView,
};
