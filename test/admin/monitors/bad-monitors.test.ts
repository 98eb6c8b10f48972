import { afterAll, beforeAll, describe, test } from 'vitest';
import { expectRefused, noObject, type Row } from '../refusal.ts';
import { MONITORS, openTestAdmin, type TestAdmin } from '../server.ts';

let api: TestAdmin;
let monitor: string;

const http = (fields: object) => ({ type: 'http', expected_codes: '200', ...fields });

beforeAll(async () => {
  api = await openTestAdmin();
  monitor = (await api.call('POST', MONITORS, http({ header: { Host: ['www.example.org'] } }))).body.result
    .id;
});
afterAll(() => api.stop());

const anyMonitor: readonly Row[] = [
  [http({ interval: 0 }), [['/interval', 'interval is not in the range [1, 3600]']]],
  [http({ interval: 3_601 }), [['/interval', 'interval is not in the range [1, 3600]']]],
  [http({ interval: 1.5 }), [['/interval', 'interval must be an integer or null']]],
  [http({ timeout: 0 }), [['/timeout', 'timeout is not in the range [1, 10]']]],
  [http({ timeout: 11 }), [['/timeout', 'timeout is not in the range [1, 10]']]],
  [http({ retries: 6 }), [['/retries', 'retries is not in the range [0, 5]']]],
  [http({ consecutive_up: -1 }), [['/consecutive_up', 'consecutive_up is not in the range [0, 1000]']]],
  [
    http({ consecutive_down: 1_001 }),
    [['/consecutive_down', 'consecutive_down is not in the range [0, 1000]']],
  ],
  [http({ port: 65_536 }), [['/port', 'port is not in the range [0, 65535]']]],
  [
    http({ type: 'ping' }),
    [
      [
        '/type',
        'type must be one of "http", "https", "tcp", "udp_icmp", "icmp_ping", "smtp", "dns", "grpc", "grpcs", null',
      ],
    ],
  ],
  [
    http({ method: 'POST' }),
    [['/method', 'method must be one of "GET", "HEAD", "connection_established", "", null']],
  ],
  [http({ method: 'connection_established' }), [['/method', 'method must be GET or HEAD for http monitors']]],
  ...['x', '/a b', '/\r\nX: y', '/\u0000', '/é', '/#top'].map(
    (path): Row => [
      http({ path }),
      [['/path', 'path must start with / and have only visible ASCII characters except #']],
    ],
  ),
  [http({ path: `/${'p'.repeat(2_048)}` }), [['/path', 'path is longer than 2048 characters']]],
  ...['20', '20x', '600', 'abc', '200-299', '200,'].map(
    (expected_codes): Row => [
      http({ expected_codes }),
      [
        [
          '/expected_codes',
          'expected_codes must be status codes such as 200, ranges such as 2xx, or a comma-separated list of them',
        ],
      ],
    ],
  ),
  ...['1xx', '100', '100,103', '101, 1xx'].map(
    (expected_codes): Row => [
      http({ expected_codes }),
      [
        [
          '/expected_codes',
          'expected_codes must have a code from 200 on, as 1xx comes only before the answer (RFC 9110 §15.2)',
        ],
      ],
    ],
  ),
  // Such a monitor was taken, and no endpoint was ever healthy by it.
  ...['301', '302, 303', '307,308', '1xx,301'].map(
    (expected_codes): Row => [
      http({ expected_codes, follow_redirects: true }),
      [
        [
          '/expected_codes',
          'expected_codes must have a code that is not of a redirect, as follow_redirects is true; to expect the redirect itself, set follow_redirects to false',
        ],
      ],
    ],
  ),
  [
    http({ method: 'HEAD', expected_body: 'ok' }),
    [['/expected_body', 'expected_body must be empty with the method HEAD, whose answers have no body']],
  ],
  ...['204', '205', '304', '204,304', '1xx,204', '204, 205,304,1xx'].map(
    (expected_codes): Row => [
      http({ expected_codes, expected_body: 'ok' }),
      [
        [
          '/expected_body',
          'expected_body must be empty where only 1xx, 204, 205 or 304 is expected, which have no body',
        ],
      ],
    ],
  ),
  [
    { type: 'https', expected_codes: '' },
    [['/expected_codes', 'expected_codes must be set for https monitors']],
  ],
  [
    http({ expected_body: 'b'.repeat(4_097) }),
    [['/expected_body', 'expected_body is longer than 4096 characters']],
  ],
  [
    http({ header: { 'a b': ['1'] } }),
    [['/header/a b', 'header.a b is not the name of an HTTP header field']],
  ],
  [http({ header: { '': ['1'] } }), [['/header/', 'header. is not the name of an HTTP header field']]],
  [
    http({ header: { 'X\r\nY': ['1'] } }),
    [['/header/X\r\nY', 'header.X\r\nY is not the name of an HTTP header field']],
  ],
  [
    http({ header: { 'User-Agent': ['me'] } }),
    [['/header/User-Agent', 'header.User-Agent is a header field that checks set themselves']],
  ],
  [
    http({ header: { 'transfer-encoding': ['chunked'] } }),
    [['/header/transfer-encoding', 'header.transfer-encoding is a header field that checks set themselves']],
  ],
  [
    http({ header: { 'X-A': ['1'], 'x-a': ['2'] } }),
    [['/header/x-a', 'header.x-a is given twice, in different cases']],
  ],
  [
    http({ header: { host: ['a.example.org', 'b.example.org'] } }),
    [['/header/host', 'header.host must have exactly one value']],
  ],
  [
    http({ header: { Host: ['a b'] } }),
    [['/header/Host/0', 'header.Host[0] must be a host name or an IP address, with or without a port']],
  ],
  ...['a\r\nb', ' a', 'a ', '\u0000', '€'].map(
    (value): Row => [
      http({ header: { 'X-A': [value] } }),
      [['/header/X-A/0', 'header.X-A[0] must be visible Latin-1 characters, with blanks only between them']],
    ],
  ),
  [
    http({ header: { 'X-A': [] } }),
    [['/header/X-A', 'the header.X-A list length must be in the range [1, 8]']],
  ],
  [http({ header: { 'X-A': 'a' } }), [['/header/X-A', 'header.X-A must be an array']]],
  [
    http({ header: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`X-${i}`, ['1']])) }),
    [['/header', 'header has more than 32 fields']],
  ],
  [http({ intervall: 5 }), [['/intervall', 'intervall is not a known field (did you mean "interval"?)']]],
  [http({ follow_redirects: 'no' }), [['/follow_redirects', 'follow_redirects must be a boolean or null']]],
];

const wholeMonitor: readonly Row[] = [
  [{}, [['/expected_codes', 'expected_codes must be set for http monitors']]],
  ...(['tcp', 'udp_icmp', 'smtp', 'grpc', 'grpcs'] as const).flatMap((type): Row[] => [
    [{ type }, [['/port', `port must be set for ${type} monitors`]]],
    [{ type, port: 0 }, [['/port', `port must be set for ${type} monitors`]]],
    [{ type, port: null }, [['/port', `port must be set for ${type} monitors`]]],
  ]),
  ...[
    undefined,
    null,
    '',
    '/',
    '/www.example.org',
    '/www.example.org/',
    '/www..example.org/A',
    '/a/ANY',
    '/a/OPT',
  ].map(
    (path): Row => [
      { type: 'dns', path },
      [['/path', 'path must be /name/type for dns monitors, such as /www.example.org/A']],
    ],
  ),
  [
    { type: 'dns', path: 'www.example.org/A' },
    [['/path', 'path must start with / and have only visible ASCII characters except #']],
  ],
];

describe('an invalid monitor gets all its errors with their places, and changes nothing', () => {
  test.each([...anyMonitor, ...wholeMonitor, ...noObject])('POST %j', (...row) =>
    expectRefused(api, 'POST', MONITORS, row),
  );
  test.each([...anyMonitor, ...wholeMonitor, ...noObject])('PUT %j', (...row) =>
    expectRefused(api, 'PUT', `${MONITORS}/${monitor}`, row),
  );
  test.each([...anyMonitor, ...noObject])('PATCH %j', (...row) =>
    expectRefused(api, 'PATCH', `${MONITORS}/${monitor}`, row),
  );
});
