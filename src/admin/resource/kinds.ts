import type { Documents, Kind, Ref, StoredDocument } from '../../store/contract/documents.ts';
import { LOAD_BALANCER } from '../load-balancers/kind.ts';
import { MONITOR_GROUP } from '../monitor-groups/kind.ts';
import { MONITOR } from '../monitors/kind.ts';
import { OVERRIDE } from '../overrides/kind.ts';
import { POOL } from '../pools/kind.ts';
import { RECORD } from '../records/kind.ts';
import { TOKEN } from '../tokens/kind.ts';
import { ZONE } from '../zones/kind.ts';
import type { ResourceKind } from './kind.ts';

/** Every kind of documents. A new kind does not compile until its secrets and its writers are declared here. */
export const KINDS: { readonly [K in Kind]: ResourceKind<K> } = {
  load_balancer: LOAD_BALANCER,
  pool: POOL,
  monitor: MONITOR,
  monitor_group: MONITOR_GROUP,
  override: OVERRIDE,
  zone: ZONE,
  record: RECORD,
  token: TOKEN,
};

/** Returns what the API knows of the kind of a document. */
export function kindOf<K extends Kind>(kind: K): ResourceKind<K> {
  return KINDS[kind];
}

/** Returns true for the name of a kind. */
export function isKind(text: string): text is Kind {
  return Object.hasOwn(KINDS, text);
}

/** Lists what a document uses. */
export function usesOf(document: StoredDocument): Ref[] {
  return kindOf<Kind>(document.kind).usesOf(document.value as Documents[Kind]);
}
