import type { AuthoredZone } from '../../zone/authored-zone.ts';
import type { Account } from '../accounts/account.ts';
import { present } from '../resource/present.ts';
import type { KnownZone } from './known-zone.ts';

/** A zone, and where it comes from: of the API, unless it is configured. */
type ShownZone = AuthoredZone & Partial<Pick<KnownZone, 'isConfigured' | 'place'>>;

/** Formats a zone for the API, with every property that some client reads without a check. Most of them are constants here. */
export function zoneView(zone: ShownZone, account: Account) {
  return {
    id: zone.id,
    name: zone.name,
    status: 'active',
    paused: zone.paused,
    type: zone.type,
    development_mode: 0,
    name_servers: zone.settings.ns.map(({ name }) => name),
    original_name_servers: null,
    original_registrar: null,
    original_dnshost: null,
    ...(zone.vanityNameServers === undefined ? {} : { vanity_name_servers: zone.vanityNameServers }),
    created_on: zone.createdOn,
    modified_on: zone.modifiedOn,
    activated_on: zone.createdOn,
    owner: { id: account.id, type: 'user', email: '' },
    account: { id: account.id, name: account.name },
    tenant: { id: null, name: null },
    tenant_unit: { id: null },
    permissions: ['#zone:read', '#zone:edit', '#dns_records:read'],
    plan: {
      id: '94f3b7b768b0458b56d2cac4fe5ec0f9',
      name: 'Lifeguard',
      price: 0,
      currency: 'USD',
      frequency: '',
      is_subscribed: true,
      can_subscribe: false,
      legacy_id: 'enterprise',
      legacy_discount: false,
      externally_managed: false,
    },
    meta: {
      step: 2,
      custom_certificate_quota: 0,
      page_rule_quota: 0,
      phishing_detected: false,
      source: zone.isConfigured === true ? 'configuration' : 'api',
      ...present({ place: zone.place }),
    },
  };
}
