import { expect, test } from 'vitest';
import { BODY_OCTETS_DEFAULT } from '../../src/check/monitor.ts';
import { expectRefused, type Row } from './refusal.ts';
import { MONITORS, POOLS, startTestAdmin } from './server.ts';

const APPLY = '/lifeguard/v1/apply';
const http = (expected_body: string) => ({ type: 'http', expected_codes: '200', expected_body });
const tooLong = (octets: number, max: number, field = 'expected_body') =>
  `${field} has ${octets} octets, but workers search only ${max} octets of a body (monitor.body_octets_max)`;
const row = (text: string, octets: number, max = 8): Row => [
  http(text),
  [['/expected_body', tooLong(octets, max)]],
];

test.each([
  { text: 'ninechars', octets: 9 },
  // Octets count, not characters (UTF-8, RFC 3629).
  { text: 'ééééé', octets: 10 },
  // K and ſ fold to k and s, which a body may have in their place.
  { text: 'KKKſſſéé', octets: 10 },
])(
  'a text of $octets octets is refused where workers read 8, in every kind of request',
  async ({ text, octets }) => {
    const api = await startTestAdmin({ bodyOctetsMax: 8 });
    const { id } = (await api.call('POST', MONITORS, http('eightsep'))).body.result;
    const pool = (
      await api.call('POST', POOLS, {
        name: 'web',
        monitor: id,
        origins: [{ name: 'a', address: '192.0.2.1' }],
      })
    ).body.result;
    const refused = row(text, octets);
    await expectRefused(api, 'POST', MONITORS, refused);
    await expectRefused(api, 'PUT', `${MONITORS}/${id}`, refused);
    await expectRefused(api, 'PATCH', `${MONITORS}/${id}`, [{ expected_body: text }, refused[1]]);
    await expectRefused(api, 'POST', `${POOLS}/${pool.id}/preview`, refused);
    await expectRefused(api, 'POST', `${MONITORS}/${id}/preview`, [{ expected_body: text }, refused[1]]);
    await expectRefused(api, 'POST', APPLY, [
      { monitors: [{ description: 'm', ...http(text) }] },
      [['/monitors/0/expected_body', tooLong(octets, 8, 'monitors[0].expected_body')]],
    ]);
  },
);

test('a text of another type of check is judged when the type becomes HTTP', async () => {
  const api = await startTestAdmin({ bodyOctetsMax: 8 });
  const dns = { type: 'dns', path: '/www.example.org/a', expected_body: '192.0.2.100' };
  const { id } = (await api.call('POST', MONITORS, dns)).body.result;
  await expectRefused(api, 'PATCH', `${MONITORS}/${id}`, [
    { type: 'https', expected_codes: '2xx', path: '/' },
    [['/expected_body', tooLong(11, 8)]],
  ]);
  await expectRefused(api, 'PATCH', `${MONITORS}/${id}`, [
    { type: 'https', expected_codes: '204,205', path: '/' },
    [
      [
        '/expected_body',
        'expected_body must be empty where only 1xx, 204, 205 or 304 is expected, which have no body',
      ],
    ],
  ]);
});

test('without the setting, a text of 4,096 characters may still be too long', async () => {
  const api = await startTestAdmin();
  const fits = '€'.repeat(Math.floor(BODY_OCTETS_DEFAULT / 3));
  expect((await api.call('POST', MONITORS, http(fits))).status).toBe(200);
  await expectRefused(api, 'POST', MONITORS, row(`${fits}€`, 10_242, BODY_OCTETS_DEFAULT));
});
