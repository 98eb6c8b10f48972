import type { StoredDocument } from '../../store/store.ts';
import { monitorBodyOf } from '../monitors/view.ts';
import { poolBodyOf } from '../pools/view.ts';
import { compare } from '../resource/compare.ts';

type Stored<K extends 'monitor' | 'monitor_group'> = Extract<StoredDocument, { kind: K }>;

/**
 * The document that planOf would find nothing to change for, here or where it was applied: monitors and groups in order
 * of description, and with their identifiers where no description tells them apart; pools by name.
 */
export function exportOf(documents: readonly StoredDocument[]) {
  const monitors = documents.filter((each): each is Stored<'monitor'> => each.kind === 'monitor');
  const groups = documents.filter((each): each is Stored<'monitor_group'> => each.kind === 'monitor_group');
  const pools = documents.flatMap((each) => (each.kind === 'pool' ? [each.value] : []));
  const monitorNames = ownNames(monitors);
  const groupNames = ownNames(groups);
  const calledIn = (names: ReadonlyMap<string, string>, id: string) => names.get(id) ?? id;
  const withId = (names: ReadonlyMap<string, string>, id: string) => (names.has(id) ? {} : { id });
  return {
    monitors: monitors
      .sort(byDescription)
      .map(({ id, value }) => ({ ...withId(monitorNames, id), ...monitorBodyOf(value) })),
    monitor_groups: groups.sort(byDescription).map(({ id, value }) => ({
      ...withId(groupNames, id),
      description: value.description,
      members: value.members.map((member) => ({
        monitor_id: calledIn(monitorNames, member.monitorId),
        enabled: member.enabled,
        monitoring_only: member.monitoringOnly,
        must_be_healthy: member.mustBeHealthy,
      })),
    })),
    pools: pools
      .sort((a, b) => compare(a.name, b.name))
      .map((pool) => {
        const { monitor, monitorGroup } = pool;
        return {
          ...poolBodyOf(pool),
          ...(monitor ? { monitor: calledIn(monitorNames, monitor) } : {}),
          ...(monitorGroup ? { monitor_group: calledIn(groupNames, monitorGroup) } : {}),
        };
      }),
  };
}

/** The descriptions that name one thing alone, by its identifier. */
function ownNames(stored: readonly { id: string; value: { description: string } }[]): Map<string, string> {
  const described = Map.groupBy(stored, ({ value }) => value.description);
  const ids = new Set(stored.map(({ id }) => id));
  const own = new Map<string, string>();
  for (const [description, [first, another]] of described)
    if (description !== '' && first && !another && !ids.has(description)) own.set(first.id, description);
  return own;
}

function byDescription(a: Described, b: Described): number {
  return compare(a.value.description, b.value.description) || compare(a.id, b.id);
}
type Described = Stored<'monitor'> | Stored<'monitor_group'>;
