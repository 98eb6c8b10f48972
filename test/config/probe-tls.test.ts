import { expect, test } from 'vitest';
import { PROBE_FILES_MAX } from '../../src/config/probe-tls.ts';
import { problemsOf } from './loading.ts';

test.each([
  { file: 'authorities: [{ name: internal, file: ca.pem }]', problems: [] },
  { file: 'authorities: [{ name: internal }]', problems: ['monitor.authorities[0].file: is missing'] },
  {
    file: 'authorities: [{ name: a b, file: ca.pem }]',
    problems: [
      'monitor.authorities[0].name: "a b" must be 1 to 64 letters, digits and any of . _ -, a letter or digit first',
    ],
  },
  {
    file: 'authorities: [{ name: a, file: ca.pem }, { name: a, file: b.pem }]',
    problems: ['monitor.authorities[1].name: "a" is used twice; each needs its own name'],
  },
  { file: 'client_certificates: [{ name: probe, cert: a.pem, key: a.key }]', problems: [] },
  {
    file: 'client_certificates: [{ name: probe, cert: a.pem }]',
    problems: ['monitor.client_certificates[0].key: is missing'],
  },
])('monitor: { $file }', ({ file, problems }) => {
  expect(problemsOf(`monitor: { ${file} }`)).toEqual(problems);
});

test('the number of entries is limited', () => {
  const all = Array.from({ length: PROBE_FILES_MAX + 1 }, (_, i) => `{ name: a${i}, file: ca.pem }`);
  expect(problemsOf(`monitor: { authorities: [${all.slice(1).join()}] }`)).toEqual([]);
  expect(problemsOf(`monitor: { authorities: [${all.join()}] }`)).toEqual([
    'monitor.authorities: has 65 items; must have 0 to 64',
  ]);
});
