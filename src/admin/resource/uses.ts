import type { Ref, StoredDocument } from '../../store/store.ts';

/**
 * Lists what a document uses: the monitor or the group of a pool, the monitors of a group. Overrides are left out, since the
 * reference API does not have them.
 */
export function usesOf(document: StoredDocument): Ref[] {
  switch (document.kind) {
    case 'pool': {
      const { monitor, monitorGroup } = document.value;
      const uses: Ref[] = [];
      if (monitor) uses.push({ kind: 'monitor', id: monitor });
      if (monitorGroup) uses.push({ kind: 'monitor_group', id: monitorGroup });
      return uses;
    }
    case 'monitor_group':
      return document.value.members.map(({ monitorId }) => ({ kind: 'monitor', id: monitorId }));
    case 'monitor':
    case 'zone':
    case 'override':
    case 'token':
      return [];
  }
}
