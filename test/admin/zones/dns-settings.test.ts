import Cloudflare from 'cloudflare';
import { afterAll, expect, test } from 'vitest';
import { zoneFile } from '../../zone/zone-file.ts';
import { openTestAdmin, TOKEN } from '../server.ts';

const api = await openTestAdmin({
  zones: [zoneFile('example.com', '@ 300 NS ns1.example.com.\nns1 300 A 192.0.2.53')],
});
afterAll(() => api.stop());
const { dns, zones } = new Cloudflare({
  apiToken: TOKEN,
  baseURL: `${api.url}/client/v4`,
  maxRetries: 0,
});
const { zone: settings } = dns.settings;

const zoneIdOf = async (name: string) => (await zones.list({ name })).result[0]!.id;
const made = async (name: string) => (await zones.create({ account: {}, name })).id;
const pathOf = (id: string) => `/client/v4/zones/${id}/dns_settings`;

const DEFAULTS = {
  soa: {
    mname: 'ns1.example.com',
    ttl: 3_600,
    refresh: 3_600,
    retry: 600,
    expire: 1_209_600,
    min_ttl: 10,
  },
  ns_ttl: 3_600,
  nameservers: { type: 'cloudflare.standard' },
  zone_mode: 'standard',
  flatten_all_cnames: false,
  foundation_dns: false,
  multi_provider: false,
  secondary_overrides: false,
  internal_dns: {},
};

test('the official client shows the DNS settings of zones, with the defaults of those of the API', async () => {
  const zone_id = await made('shown.example.net');
  expect(await settings.get({ zone_id })).toEqual({
    ...DEFAULTS,
    soa: { ...DEFAULTS.soa, rname: 'hostmaster.shown.example.net' },
  });
  const ofFile = await settings.get({ zone_id: await zoneIdOf('example.com') });
  expect(ofFile).toMatchObject({ ns_ttl: 300, soa: { mname: 'ns.example.com' }, zone_mode: 'standard' });
});

test('the official client changes SOA and NS TTL; the TTL of the SOA stays when that of the NS changes', async () => {
  const zone_id = await made('changed.example.net');
  const changed = await settings.edit({
    zone_id,
    ns_ttl: 86_400,
    soa: { mname: 'ns9.example.net', rname: 'ops.example.net', min_ttl: 60, refresh: 7_200 },
  });
  const { soa } = DEFAULTS;
  expect(changed).toEqual({
    ...DEFAULTS,
    ns_ttl: 86_400,
    soa: { ...soa, mname: 'ns9.example.net', rname: 'ops.example.net', min_ttl: 60, refresh: 7_200 },
  });
  expect(await settings.get({ zone_id })).toEqual(changed);
  const { body } = await api.call('GET', `/lifeguard/v1/zones/${zone_id}/settings`);
  expect(body.result).toMatchObject({ ttl: 86_400, soa: { ttl: 3_600, minimum: 60, refresh: 7_200 } });
  const back = await settings.edit({ zone_id, soa: { mname: null } });
  expect(back.soa).toMatchObject({ mname: 'ns1.example.com', rname: 'ops.example.net' });
});

test('what DNS cannot do is stored, with a message, and null is the default', async () => {
  const zone_id = await made('inert.example.net');
  const inert = {
    zone_mode: 'dns_only',
    flatten_all_cnames: true,
    nameservers: { type: 'custom.zone', ns_set: 2 },
  };
  const answer = await api.call('PATCH', pathOf(zone_id), inert);
  expect(answer.body.result).toMatchObject(inert);
  expect(answer.body.messages).toEqual([
    {
      code: 10102,
      message:
        'These DNS settings are stored, but have no effect: nameservers, zone_mode, flatten_all_cnames.',
      type: null,
    },
  ]);
  expect(await settings.get({ zone_id })).toEqual(answer.body.result);
  const reset = await api.call('PATCH', pathOf(zone_id), {
    zone_mode: null,
    nameservers: null,
    flatten_all_cnames: null,
  });
  expect(reset.body.result).toMatchObject({ zone_mode: 'standard', flatten_all_cnames: false });
  expect((await api.store.get('zone', zone_id))!.value).not.toHaveProperty('dnsSettings');
});

test.each([
  [{ ns_ttl: -1 }, '/ns_ttl'],
  [{ soa: { min_ttl: 0 } }, '/soa/min_ttl'],
  [{ soa: { mname: 'bad name' } }, '/soa/mname'],
  [{ soa: { refresh: 0 } }, '/soa/refresh'],
  [{ soa: { serial: 1 } }, '/soa/serial'],
  [{ zone_mode: 'other' }, '/zone_mode'],
  [{ nameservers: {} }, '/nameservers/type'],
  [{ ttl: 60 }, '/ttl'],
])('a wrong setting is refused at its place, and nothing is written: %j', async (patch, pointer) => {
  const [found] = (await zones.list({ name: 'inert.example.net' })).result;
  const zone_id = found?.id ?? (await made('inert.example.net'));
  const before = await api.store.read();
  const answer = await api.call('PATCH', pathOf(zone_id), patch);
  expect(answer.status).toBe(400);
  expect(answer.body.errors).toMatchObject([{ code: 1002, source: { pointer } }]);
  expect(await api.store.read()).toEqual(before);
});

test('a zone of the configuration file is changed there; an unknown one, and no identifier, are not found', async () => {
  const refused = await api.call('PATCH', pathOf(await zoneIdOf('example.com')), { ns_ttl: 60 });
  expect(refused.status).toBe(400);
  expect(refused.body.errors[0].message).toMatch(/comes from the configuration file/);
  expect((await api.call('GET', pathOf('f'.repeat(32)))).status).toBe(404);
  expect((await api.call('GET', pathOf('nosuch'))).body.errors[0].code).toBe(7003);
});

test('octoDNS finds that a zone has no page rules', async () => {
  const zone = await zoneIdOf('example.com');
  const answer = await api.call('GET', `/client/v4/zones/${zone}/pagerules?status=active`);
  expect(answer.body).toMatchObject({ success: true, result: [] });
});
