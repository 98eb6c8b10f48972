/** A monitor in a group, as authored, and its role there. */
export interface GroupMember {
  /** Once in a group. */
  readonly monitorId: string;
  /** false: it does not run for this group. */
  readonly enabled: boolean;
  /** true: it runs and its changes are recorded, but it has no vote. */
  readonly monitoringOnly: boolean;
  /** true: its failure alone makes an endpoint unhealthy, whether it has a vote or not. */
  readonly mustBeHealthy: boolean;
  /** RFC 3339, UTC, microseconds: when the monitor joined the group, and when its membership last changed. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** Monitors that decide together about the endpoints of the pools that name the group, as authored. */
export interface MonitorGroup {
  /** 32 lower-case hex digits. */
  readonly id: string;
  readonly description: string;
  /** At least one, in the order written. */
  readonly members: readonly GroupMember[];
  /** RFC 3339, UTC, microseconds. */
  readonly createdOn: string;
  readonly modifiedOn: string;
}
