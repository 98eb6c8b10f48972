import { expect, test } from 'vitest';
import { QUERY_LOG_ZONES_MAX } from '../../src/config/document.ts';
import { formatName } from '../../src/dns/name.ts';
import { configOf, problemsOf } from './loading.ts';

const of = (fields: string) => `dns: { query_log: { ${fields} } }`;

test('a query log has a share, outputs and zones', () => {
  const whole = 'sample: 0.5, file: queries.log, dnstap: "unix:/run/dnstap.sock", zones: [Example.org, .]';
  const { zones, ...rest } = configOf(of(whole)).dns.queryLog!;
  expect(rest).toEqual({ share: 0.5, file: 'queries.log', dnstap: '/run/dnstap.sock' });
  expect(zones.map(formatName)).toEqual(['example.org.', '.']);
  expect(configOf(of('file: queries.log')).dns.queryLog).toEqual({
    share: 0.01,
    file: 'queries.log',
    zones: [],
  });
  expect(configOf('').dns.queryLog).toBeUndefined();
});

test.each([
  ['sample: 1', 'dns.query_log: has no output; set file, dnstap or both'],
  ['file: a, sample: 0', 'dns.query_log.sample: is 0; must be a number from 0.000001 to 1'],
  ['file: a, sample: 1.1', 'dns.query_log.sample: is 1.1; must be a number from 0.000001 to 1'],
  [
    'dnstap: /run/tap',
    'dns.query_log.dnstap: "/run/tap" must be the path of a unix socket, such as unix:/run/dnstap.sock',
  ],
  [`dnstap: "unix:/${'x'.repeat(107)}"`, 'has a path of 108 octets; 107 at most'],
  ['file: a, zones: ["a..b"]', 'dns.query_log.zones[0]: "a..b" has an empty label'],
  ['file: a, rate: 1', 'dns.query_log.rate: is not a key here'],
])('{ %s } is refused', (fields, problem) => {
  expect(problemsOf(of(fields)).join('\n')).toContain(problem);
});

test('the longest socket path and the most zones are accepted, and one more is not', () => {
  const path = `/${'x'.repeat(106)}`;
  expect(configOf(of(`dnstap: "unix:${path}"`)).dns.queryLog?.dnstap).toBe(path);
  const zones = (count: number) =>
    of(`file: a, zones: [${Array.from({ length: count }, (_, i) => `z${i}`).join(', ')}]`);
  expect(configOf(zones(QUERY_LOG_ZONES_MAX)).dns.queryLog?.zones).toHaveLength(QUERY_LOG_ZONES_MAX);
  expect(problemsOf(zones(QUERY_LOG_ZONES_MAX + 1))).toHaveLength(1);
});
