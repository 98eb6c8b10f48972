import type { MonitorGroup } from '../../check/monitor-group.ts';
import type { Draft } from '../resource/write.ts';
import { monitorsIn } from './rules.ts';
import { groupBodyOf } from './view.ts';

/** What a group is written with. */
export function groupDraft(group: MonitorGroup): Draft<'monitor_group'> {
  return { value: group, unique: [], references: groupReferences(groupBodyOf(group).members) };
}

/** What a group with these members, as they stand in its body, refers to. */
export function groupReferences(members: unknown): Draft<'monitor_group'>['references'] {
  return monitorsIn(members).map(({ monitor, pointer }) => ({
    to: { kind: 'monitor', id: monitor },
    pointer,
  }));
}
