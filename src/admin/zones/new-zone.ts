import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { Zone } from '../../zone/zone.ts';
import { present } from '../resource/present.ts';
import { settingsOf } from './known-zone.ts';
import type { ZoneBody, ZonePatch } from './schema.ts';

/** The default name below which pools are answered. */
export const POOLS_LABEL = 'pools';

/** The zone that a body describes, with the name servers of the first zone in the configuration file. */
export function newZone(
  { configured: [first] }: { readonly configured: readonly Zone[] },
  { name, type, paused }: Pick<ZoneBody, 'name' | 'type' | 'paused'>,
  id: string,
  now: string,
): AuthoredZone {
  const servers = first === undefined ? [] : settingsOf(first).ns;
  return {
    id,
    name: name.toLowerCase().replace(/\.$/, ''),
    type: type ?? 'full',
    paused: paused ?? false,
    settings: { ns: servers.map((server) => ({ name: server.name })), pools: POOLS_LABEL },
    createdOn: now,
    modifiedOn: now,
  };
}

/** The zone that a PATCH makes; null means the default. */
export function patched(
  was: AuthoredZone,
  { paused, type, vanity_name_servers: vanity }: ZonePatch,
  now: string,
): AuthoredZone {
  const { vanityNameServers = undefined, ...rest } = was;
  return {
    ...rest,
    paused: paused === undefined ? was.paused : (paused ?? false),
    type: type === undefined ? was.type : (type ?? 'full'),
    ...present({ vanityNameServers: vanity === undefined ? vanityNameServers : (vanity ?? undefined) }),
    modifiedOn: now,
  };
}

/** A copy without members that are null, which means the default. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([key, member]) => [key, withoutNulls(member)]));
}
