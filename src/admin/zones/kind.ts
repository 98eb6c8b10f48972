import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { ResourceKind } from '../resource/kind.ts';

/** Zones of the API. */
export const ZONE: ResourceKind<'zone'> = {
  kind: 'zone',
  noun: 'zone',
  secrets: {},
  writers: 'admin',
  poolsOf: () => undefined,
  nameOf: ({ name }) => name,
  usesOf: () => [],
  eventView: zoneEventView,
};

/** Formats the writable properties of a zone. All others are the same for all zones. */
function zoneEventView(zone: AuthoredZone): object {
  const { id, name, type, paused, vanityNameServers, settings, dnsSettings, createdOn, modifiedOn } = zone;
  return {
    id,
    name,
    type,
    paused,
    ...(vanityNameServers === undefined ? {} : { vanity_name_servers: vanityNameServers }),
    settings,
    ...(dnsSettings === undefined ? {} : { dns_settings: dnsSettings }),
    created_on: createdOn,
    modified_on: modifiedOn,
  };
}
