import type { MonitorGroup } from '../../check/monitor-group.ts';
import type { Draft } from '../resource/draft.ts';
import type { ResourceKind } from '../resource/kind.ts';
import { groupBodyOf } from './body.ts';
import { monitorsIn } from './rules.ts';
import { groupView } from './view.ts';

/** Monitor groups. */
export const MONITOR_GROUP: ResourceKind<'monitor_group'> = {
  kind: 'monitor_group',
  noun: 'monitor group',
  secrets: {},
  writers: 'edit',
  poolsOf: () => undefined,
  nameOf: ({ description }) => description,
  usesOf: ({ members }) => members.map(({ monitorId }) => ({ kind: 'monitor', id: monitorId })),
  eventView: groupView,
};

/** Makes the draft that writes a group. */
export function groupDraft(group: MonitorGroup): Draft<'monitor_group'> {
  return { value: group, unique: [], references: groupReferences(groupBodyOf(group).members) };
}

/** Lists the references of a group with these members, with their places in the body. */
export function groupReferences(members: unknown): Draft<'monitor_group'>['references'] {
  return monitorsIn(members).map(({ monitor, pointer }) => ({
    to: { kind: 'monitor', id: monitor },
    pointer,
  }));
}
