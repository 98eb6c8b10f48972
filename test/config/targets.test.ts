import { expect, test } from 'vitest';
import { TARGET_PREFIXES_MAX } from '../../src/config/targets.ts';
import { problemsOf } from './loading.ts';

const LINK_LOCAL =
  'The target 169.254.1.1 is denied: 169.254.0.0/16, link-local, as metadata services of clouds are (RFC 3927); targets.allow can allow it.';

test.each([
  { file: 'targets: { allow: [169.254.1.0/24], deny: [10.0.0.0/8, "::/0", 192.0.2.1] }', problems: [] },
  {
    file: 'targets: { deny: [10.0.0.0/33] }',
    problems: ['targets.deny[0]: "10.0.0.0/33" has a length of 33; 32 at most'],
  },
  {
    file: 'targets: { allow: [10.0.0.0/8, 10.1.0.0/9], deny: [10.9.9.9/8] }',
    problems: ['targets.allow[0]: is in targets.deny as well; remove it from one of them'],
  },
  { file: 'targets: { dent: [] }', problems: ['targets.dent: is not a key here (did you mean "deny"?)'] },
  {
    file: 'notifications: { webhooks: [{ name: ops, url: "https://169.254.1.1/s3cret" }] }',
    problems: [`notifications.webhooks, "ops": must not be used. ${LINK_LOCAL}`],
  },
  {
    file: 'notifications: { webhooks: [{ name: ops, url: "https://169.254.1.1/" }] }\ntargets: { allow: [169.254.1.1] }',
    problems: [],
  },
  {
    file: 'notifications: { smtp: { host: 169.254.1.1, security: none, from: a@example.org, to: [b@example.org] } }',
    problems: [`notifications.smtp.host: must not be used. ${LINK_LOCAL}`],
  },
  {
    file: 'monitor: { references: ["tcp://169.254.1.1:53"] }',
    problems: [`monitor.references, "tcp://169.254.1.1:53": must not be used. ${LINK_LOCAL}`],
  },
])('$file', ({ file, problems }) => expect(problemsOf(file)).toEqual(problems));

test('the number of entries is limited', () => {
  const prefixes = Array.from({ length: TARGET_PREFIXES_MAX + 1 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  expect(problemsOf(`targets: { deny: [${prefixes.slice(1).join()}] }`)).toEqual([]);
  expect(problemsOf(`targets: { deny: [${prefixes.join()}] }`)).toEqual([
    'targets.deny: has 257 items; must have 0 to 256',
  ]);
});
