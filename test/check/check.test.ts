import { expect, test } from 'vitest';
import {
  type CheckKey,
  checkHost,
  checkKeyOf,
  checkPort,
  checksOf,
  mayHaveHad,
  readCheckKey,
} from '../../src/check/check.ts';
import type { Monitor } from '../../src/check/monitor.ts';
import type { Endpoint } from '../../src/pool/pool.ts';
import { makeGroup, makeMember, watchesAmong } from '../pool/groups.ts';
import { makeEndpoint, makeMonitor, makePool } from '../probe/checks.ts';

const monitor = makeMonitor();
const other = makeMonitor({ id: 'b'.repeat(32), type: 'tcp', port: 80 });
const group = makeGroup({
  members: [makeMember(), makeMember({ monitorId: other.id, monitoringOnly: true })],
});
const watchesOf = watchesAmong([monitor, other], [group]);

test.each([
  { type: 'http', of: 0, endpoint: undefined, port: 80, rule: 'the default port of http' },
  { type: 'https', of: null, endpoint: null, port: 443, rule: 'the default port of https' },
  { type: 'http', of: 8080, endpoint: undefined, port: 8080, rule: 'the port of the monitor' },
  { type: 'http', of: 8080, endpoint: 9090, port: 9090, rule: 'the port of the endpoint wins' },
  { type: 'http', of: 8080, endpoint: 0, port: 8080, rule: 'a port of 0 counts as none' },
  { type: 'tcp', of: undefined, endpoint: undefined, port: 0, rule: 'tcp has no default port' },
  { type: 'dns', of: undefined, endpoint: undefined, port: 53, rule: 'the default port of dns' },
  { type: 'icmp_ping', of: 80, endpoint: 8080, port: 0, rule: 'ping has no port' },
] as const)('port $port: $rule', ({ type, of, endpoint, port }) => {
  const fields = { type, ...(of === undefined ? {} : { port: of }) };
  const own = endpoint === undefined ? {} : { port: endpoint };
  expect(checkPort(makeMonitor(fields), makeEndpoint(own))).toBe(port);
});

test.each([
  { of: null, endpoint: undefined, host: undefined, rule: 'no host header' },
  {
    of: { host: ['m.example.org'] },
    endpoint: undefined,
    host: 'm.example.org',
    rule: 'the host of the monitor, with a field name in any case',
  },
  {
    of: { Host: ['m.example.org'] },
    endpoint: { Host: ['e.example.org'] },
    host: 'e.example.org',
    rule: 'the host of the endpoint wins',
  },
])('Host $host: $rule', ({ of, endpoint, host }) => {
  const own = endpoint === undefined ? {} : { header: endpoint };
  expect(checkHost(makeMonitor({ header: of }), makeEndpoint(own))).toBe(host);
});

test('endpoints with the same check share it, and the check names them all', () => {
  const pools = [
    makePool({
      id: 'a'.repeat(32),
      endpoints: [makeEndpoint({ name: 'x' }), makeEndpoint({ name: 'y', port: 81 })],
    }),
    makePool({ id: 'b'.repeat(32), endpoints: [makeEndpoint({ name: 'z', port: 80 })] }),
  ];
  const checks = [...checksOf(pools, watchesOf).values()];
  expect(checks.map(({ port, users }) => [port, users.map(({ endpoint }) => endpoint.name)])).toEqual([
    [80, ['x', 'z']],
    [81, ['y']],
  ]);
});

test.each([
  { what: 'a disabled pool', pool: makePool({ enabled: false }) },
  { what: 'a pool without monitor', pool: makePool({ monitor: null }) },
  { what: 'a pool with an empty monitor', pool: makePool({ monitor: '' }) },
  { what: 'a pool of an unknown monitor', pool: makePool({ monitor: 'e'.repeat(32) }) },
  { what: 'a disabled endpoint', pool: makePool({ endpoints: [makeEndpoint({ enabled: false })] }) },
])('$what has no checks', ({ pool }) => expect(checksOf([pool], watchesOf).size).toBe(0));

test('an endpoint of weight 0 is checked', () => {
  expect(checksOf([makePool({ endpoints: [makeEndpoint({ weight: 0 })] })], watchesOf).size).toBe(1);
});

test('a pool with a group has one check by each monitor, shared with pools that use that monitor alone', () => {
  const pools = [
    makePool({ monitor: null, monitorGroup: group.id }),
    makePool({ id: 'b'.repeat(32), endpoints: [makeEndpoint({ name: 'alone' })] }),
  ];
  const checks = [...checksOf(pools, watchesOf).values()];
  expect(checks.map((check) => [check.monitor.id, check.users.map(({ endpoint }) => endpoint.name)])).toEqual(
    [
      [monitor.id, ['one', 'alone']],
      [other.id, ['one']],
    ],
  );
});

test.each([
  { one: '2001:db8::1', two: '2001:DB8:0:0:0:0:0:1' },
  { one: 'www.example.org', two: 'WWW.example.org.' },
])('$one and $two are the same address and share one check', ({ one, two }) => {
  const pools = [one, two].map((address, i) =>
    makePool({ id: String(i).repeat(32), monitor: monitor.id, endpoints: [makeEndpoint({ address })] }),
  );
  const checks = [...checksOf(pools, watchesOf).values()];
  expect(checks).toHaveLength(1);
  expect(checks[0]!.users.map(({ endpoint }) => endpoint.address)).toEqual([one, two]);
});

test.each<[string, Partial<Endpoint>, Partial<Monitor>, Partial<Endpoint>, boolean]>([
  ['as it is', {}, {}, {}, true],
  ['with a port of the monitor’s', {}, { port: 8080 }, {}, true],
  ['with the port of the endpoint', { port: 81 }, {}, { port: 81 }, true],
  ['with another port', { port: 81 }, {}, { port: 82 }, false],
  ['of a type without ports', { port: 81 }, { type: 'icmp_ping' }, { port: 81 }, true],
  ['with a host of the monitor’s', {}, { header: { Host: ['a.example'] } }, {}, true],
  ['with another host', {}, { header: { Host: ['a.example'] } }, { header: { Host: ['b.example'] } }, false],
])('whether an endpoint may have had a check: %s', (_, was, by, is, may) => {
  const monitor = makeMonitor(by);
  const parts = readCheckKey(checkKeyOf(monitor, makeEndpoint(was)))!;
  expect(parts).toMatchObject({ monitor: monitor.id, address: '127.0.0.1' });
  expect(mayHaveHad(makeEndpoint(is), parts)).toBe(may);
});

test.each(['', 'check 1', '{}', '["m"]', '["m","a","80",""]', '[1,"a",80,""]'])(
  '%j is not a check key',
  (key) => {
    expect(readCheckKey(key as CheckKey)).toBeUndefined();
  },
);
