import { expect, test } from 'vitest';
import { type EndpointHealth, membersOf } from '../../src/pool/members.ts';
import type { Endpoint, Pool } from '../../src/pool/pool.ts';
import { whyOf } from '../../src/pool/why.ts';
import fc from '../support/property.ts';

const endpoint: Endpoint = { name: 'a', address: '192.0.2.1', enabled: true, weight: 1, flattenCname: true };
const pool: Pool = {
  id: '0'.repeat(32),
  name: 'web',
  description: '',
  enabled: true,
  minimumOrigins: 1,
  monitor: '1'.repeat(32),
  notificationEmail: '',
  endpoints: [endpoint],
  createdOn: '',
  modifiedOn: '',
};
const up: EndpointHealth = { healthy: true };
const name = { ...endpoint, address: 'www.example.org' };

test.each<[Partial<Pool>, Partial<Endpoint>, EndpointHealth, boolean, string]>([
  [{}, {}, up, true, 'healthy'],
  [{}, {}, { healthy: false }, false, 'unhealthy'],
  [{}, {}, { healthy: undefined }, false, 'unknown'],
  [{ monitor: null }, {}, { healthy: undefined }, true, 'unmonitored'],
  [{ enabled: false }, { enabled: false }, up, false, 'pool_disabled'],
  [{}, { enabled: false, weight: 0 }, up, false, 'endpoint_disabled'],
  [{}, { weight: 0 }, up, false, 'weight_zero'],
  [{}, {}, { ...up, override: 'maintenance' }, false, 'override'],
  [{}, {}, { healthy: false, override: 'in' }, true, 'override'],
  [{}, { address: '2001:db8::1' }, up, false, 'other_family'],
  [{}, { address: '2001:db8::1' }, { healthy: false }, false, 'unhealthy'],
  [{}, name, { ...up, addresses: ['2001:db8::1', '192.0.2.7'] }, true, 'healthy'],
  [{}, name, { ...up, addresses: ['2001:db8::1'] }, false, 'other_family'],
  [{}, name, { ...up, addresses: [] }, false, 'unresolved'],
  [{}, name, { ...up, addresses: ['192.0.2.7'], wellAddresses: [] }, false, 'addresses_unhealthy'],
  [
    {},
    name,
    {
      ...up,
      addresses: ['192.0.2.7', '2001:db8::1'],
      wellAddresses: [{ address: '2001:db8::1', recovered: 1 }],
    },
    false,
    'addresses_unhealthy',
  ],
  [
    {},
    name,
    { healthy: false, override: 'in', addresses: ['192.0.2.7'], wellAddresses: [] },
    true,
    'override',
  ],
  [{}, name, up, false, 'unresolved'],
])('pool %j, endpoint %j, health %j: in is %j, because of %s', (ofPool, ofEndpoint, health, isIn, why) => {
  const at = { ...endpoint, ...ofEndpoint };
  expect(whyOf({ ...pool, ...ofPool, endpoints: [at] }, at, health, 'ipv4')).toEqual({ isIn, why });
});

test('whyOf says "in" exactly for the endpoints that have a member', () => {
  const address = fc.constantFrom('192.0.2.1', '2001:db8::1', 'www.example.org');
  const health = fc.record(
    {
      healthy: fc.option(fc.boolean(), { nil: undefined }),
      addresses: fc.subarray(['192.0.2.8', '2001:db8::8', '0.0.0.0']),
      hasNoJudge: fc.boolean(),
      override: fc.constantFrom('in', 'out', 'maintenance'),
    },
    { requiredKeys: ['healthy'] },
  ) as fc.Arbitrary<EndpointHealth>;
  fc.assert(
    fc.property(
      fc.record({ address, enabled: fc.boolean(), weight: fc.constantFrom(0, 0.5, 1) }),
      fc.record({ enabled: fc.boolean(), monitor: fc.constantFrom(null, '1'.repeat(32)) }),
      health,
      fc.constantFrom('ipv4', 'ipv6'),
      (ofEndpoint, ofPool, known, family) => {
        const at = { ...endpoint, ...ofEndpoint };
        const of = { ...pool, ...ofPool, endpoints: [at] };
        const has = membersOf(of, () => known).some(
          (member) => member.address.includes(':') === (family === 'ipv6'),
        );
        expect(whyOf(of, at, known, family).isIn).toBe(has);
      },
    ),
  );
});
