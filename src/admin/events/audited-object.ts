import type { AuditEvent, LeftOut } from '../../event/event.ts';
import type { Documents, Kind } from '../../store/store.ts';
import type { PoolHealthSource } from '../health-source.ts';
import { groupView } from '../monitor-groups/view.ts';
import { monitorView } from '../monitors/view.ts';
import { overrideView } from '../overrides/view.ts';
import { poolView } from '../pools/view.ts';
import { tokenView } from '../tokens/view.ts';

/** An object of the past has no health. */
const NO_HEALTH: PoolHealthSource = {
  of: ({ endpoints }) => ({ healthy: undefined, endpoints: endpoints.map(() => ({})) }),
  pools: 0,
  watch: () => () => {},
  regions: () => Promise.resolve(new Map()),
};

/** Formats the object of an audit event, before or after the change, as its resource does; null: it did not exist. */
export function auditedView(value: unknown, { object, atMs }: AuditEvent): unknown {
  if (value === null) return null;
  if ((value as Partial<LeftOut>).leftOut) return { left_out: true, length: (value as LeftOut).length };
  const known = value as Documents[Kind];
  switch (object.kind as Kind) {
    case 'pool':
      return poolView(known as Documents['pool'], NO_HEALTH);
    case 'monitor':
      return monitorView(known as Documents['monitor']);
    case 'monitor_group':
      return groupView(known as Documents['monitor_group']);
    case 'override': {
      const override = known as Documents['override'];
      return overrideView(override, object.pool?.name ?? override.pool, atMs);
    }
    case 'token':
      return tokenView(known as Documents['token']);
    case 'zone': {
      const { id, name, type, paused, vanityNameServers, settings, createdOn, modifiedOn } =
        known as Documents['zone'];
      return {
        id,
        name,
        type,
        paused,
        ...(vanityNameServers === undefined ? {} : { vanity_name_servers: vanityNameServers }),
        settings,
        created_on: createdOn,
        modified_on: modifiedOn,
      };
    }
  }
}
