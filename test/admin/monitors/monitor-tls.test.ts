import { expect, test } from 'vitest';
import { expectRefused } from '../refusal.ts';
import { MONITORS, POOLS, startTestAdmin } from '../server.ts';

const tlsNames = { authorities: ['internal', 'partner'], clientCertificates: ['probe'] };
const https = (tls: object) => ({ type: 'https', expected_codes: '200', tls });
const ALL = {
  authority: 'internal',
  client_certificate: 'probe',
  server_name: 'a.example.org',
  min_version: '1.3',
};

test('TLS settings are returned as written, by every kind of request', async () => {
  const api = await startTestAdmin({ tlsNames });
  for (const tls of [ALL, {}, { authority: null, min_version: '1.0' }]) {
    const made = (await api.call('POST', MONITORS, https(tls))).body.result;
    expect(made.tls).toEqual(tls);
    const one = `${MONITORS}/${made.id}`;
    expect((await api.call('GET', one)).body.result.tls).toEqual(tls);
    expect((await api.call('PATCH', one, { interval: 30 })).body.result.tls).toEqual(tls);
    expect((await api.call('PUT', one, made)).body.result.tls).toEqual(tls);
    expect(
      (await api.call('PUT', one, { type: 'https', expected_codes: '200' })).body.result,
    ).not.toHaveProperty('tls');
    expect((await api.call('PATCH', one, { tls })).body.result.tls).toEqual(tls);
    expect((await api.call('PATCH', one, { tls: null })).body.result.tls).toBeNull();
  }
});

test('an export has the TLS settings, and applying it changes nothing', async () => {
  const api = await startTestAdmin({ tlsNames });
  await api.call('POST', MONITORS, { ...https(ALL), description: 'inside' });
  const document = (await api.call('GET', '/lifeguard/v1/export')).body.result;
  expect(document.monitors[0].tls).toEqual(ALL);
  expect((await api.call('POST', '/lifeguard/v1/apply', document)).body.result).toMatchObject({
    changes: [],
    unchanged: 1,
  });
  const other = { monitors: [{ ...document.monitors[0], tls: { ...ALL, min_version: '1.2' } }] };
  expect((await api.call('POST', '/lifeguard/v1/apply', other)).body.result.changes).toMatchObject([
    { fields: ['tls'] },
  ]);
});

test('invalid TLS settings are refused with their place', async () => {
  const api = await startTestAdmin({ tlsNames });
  const rows: [object, [string, string][]][] = [
    [
      https({ authority: 'nosuch' }),
      [
        [
          '/tls/authority',
          'tls.authority is not a name in monitor.authorities of the configuration, which has internal, partner',
        ],
      ],
    ],
    [
      https({ client_certificate: 'x' }),
      [
        [
          '/tls/client_certificate',
          'tls.client_certificate is not a name in monitor.client_certificates of the configuration, which has probe',
        ],
      ],
    ],
    [
      https({ authority: '/etc/passwd' }),
      [
        [
          '/tls/authority',
          'tls.authority must be 1 to 64 letters, digits and any of . _ -, a letter or digit first',
        ],
      ],
    ],
    [
      https({ server_name: '192.0.2.1' }),
      [['/tls/server_name', 'tls.server_name must be a host name, not an address']],
    ],
    [
      https({ min_version: '1.4' }),
      [['/tls/min_version', 'tls.min_version must be one of "1.0", "1.1", "1.2", "1.3", null']],
    ],
    [https({ starttls: true }), [['/tls/starttls', 'tls.starttls is only for smtp monitors']]],
    [https({ ca_file: '/etc/passwd' }), [['/tls/ca_file', 'tls.ca_file is not a known field']]],
    [
      { type: 'http', expected_codes: '200', tls: {} },
      [['/tls', 'tls is only for https, grpcs and smtp monitors']],
    ],
    [{ type: 'tcp', port: 443, tls: ALL }, [['/tls', 'tls is only for https, grpcs and smtp monitors']]],
    [
      { type: 'smtp', port: 25, tls: { authority: 'internal' } },
      [['/tls/starttls', 'tls.starttls must be true for the rest of tls to have an effect']],
    ],
  ];
  for (const row of rows) await expectRefused(api, 'POST', MONITORS, row);
  const pool = (
    await api.call('POST', POOLS, { name: 'web', origins: [{ name: 'a', address: '192.0.2.1' }] })
  ).body.result;
  await expectRefused(api, 'POST', `${POOLS}/${pool.id}/preview`, rows[0]!);
  const [body, [[pointer, sentence]]] = rows[0] as [object, [[string, string]]];
  await expectRefused(api, 'POST', '/lifeguard/v1/apply', [
    { monitors: [body] },
    [[`/monitors/0${pointer}`, sentence.replace('tls', 'monitors[0].tls')]],
  ]);
});

test('without files in the configuration no name is valid', async () => {
  const api = await startTestAdmin();
  await expectRefused(api, 'POST', MONITORS, [
    https({ authority: 'internal' }),
    [
      [
        '/tls/authority',
        'tls.authority is not a name in monitor.authorities of the configuration, which has none',
      ],
    ],
  ]);
});
