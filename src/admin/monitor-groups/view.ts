import type { MonitorGroup } from '../../check/monitor-group.ts';
import { groupBodyOf } from './body.ts';

/** The group as the API shows it. */
export function groupView(group: MonitorGroup) {
  return {
    id: group.id,
    created_on: group.createdOn,
    modified_on: group.modifiedOn,
    ...groupBodyOf(group),
  };
}
