import type { GroupMember, MonitorGroup } from '../../check/monitor-group.ts';
import { timestamp } from '../schema/timestamp.ts';
import type { GroupBody, MemberBody } from './schema.ts';

/** The monitor group that a valid body describes, under an identity; `was` is the group it replaces. */
export function groupOf(body: GroupBody, id: string, epochMs: number, was?: MonitorGroup): MonitorGroup {
  const now = timestamp(epochMs);
  const known = new Map(was?.members.map((member) => [member.monitorId, member]));
  return {
    id,
    description: body.description,
    members: body.members.map((member) => memberOf(member, now, known.get(member.monitor_id))),
    createdOn: was?.createdOn ?? now,
    modifiedOn: now,
  };
}

/** A monitor keeps its times in the group by its identifier, wherever in the list it is. */
function memberOf(body: MemberBody, now: string, was: GroupMember | undefined): GroupMember {
  const isSame =
    was?.enabled === body.enabled &&
    was.monitoringOnly === body.monitoring_only &&
    was.mustBeHealthy === body.must_be_healthy;
  return {
    monitorId: body.monitor_id,
    enabled: body.enabled,
    monitoringOnly: body.monitoring_only,
    mustBeHealthy: body.must_be_healthy,
    createdAt: was?.createdAt ?? now,
    updatedAt: isSame ? was.updatedAt : now,
  };
}

/** Returns the body that would write this group. A PATCH changes it. */
export function groupBodyOf({ description, members }: MonitorGroup): GroupBody {
  return { description, members: members.map(memberBodyOf) };
}

function memberBodyOf(member: GroupMember) {
  return {
    monitor_id: member.monitorId,
    enabled: member.enabled,
    monitoring_only: member.monitoringOnly,
    must_be_healthy: member.mustBeHealthy,
    created_at: member.createdAt,
    updated_at: member.updatedAt,
  };
}
