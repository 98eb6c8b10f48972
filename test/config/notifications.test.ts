import { describe, expect, test } from 'vitest';
import {
  FILTER_POOLS_MAX,
  MAIL_TO_MAX,
  SECRET_MAX,
  WEBHOOK_URL_MAX,
  WEBHOOKS_MAX,
} from '../../src/config/notifications.ts';
import { load, problemsOf } from './loading.ts';

const POOL = '0123456789abcdef0123456789abcdef';
const OPS = { name: 'ops', url: 'https://hooks.example.org/T0/B0' };
const SERVER = { host: 'mail.example.org', from: 'lifeguard@example.org' };

const file = (notifications: object) => JSON.stringify({ notifications });
const webhook = (more: object) => file({ webhooks: [{ ...OPS, ...more }] });
const smtp = (more: object) => file({ smtp: { ...SERVER, ...more } });

function notificationsOf(text: string) {
  const loaded = load(text);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  return loaded.config.notifications;
}

test('without notifications in the file there is no destination', () => {
  expect(notificationsOf('{}')).toEqual({ webhooks: [] });
});

test('a webhook with all its settings', () => {
  const all = {
    secret: 's3cret',
    pool_id: [POOL],
    new_health: ['Unhealthy'],
    event_source: ['pool', 'alarm'],
  };
  expect(notificationsOf(webhook(all)).webhooks).toEqual([
    {
      ...OPS,
      secret: 's3cret',
      filter: { poolIds: [POOL], newHealth: ['Unhealthy'], eventSource: ['pool', 'alarm'] },
    },
  ]);
  expect(notificationsOf(webhook({})).webhooks).toEqual([{ ...OPS, filter: {} }]);
});

test.each([
  { more: {}, port: 587, security: 'starttls' },
  { more: { security: 'tls' }, port: 465, security: 'tls' },
  { more: { security: 'none' }, port: 25, security: 'none' },
  { more: { security: 'tls', port: 2465 }, port: 2465, security: 'tls' },
])('a mail server with $more: port $port', ({ more, port, security }) => {
  expect(notificationsOf(smtp(more)).mail).toEqual({ ...SERVER, port, security, to: [], filter: {} });
});

test('a mail server with all its settings', () => {
  const all = { username: 'me', password: 'pa ss', to: ['ops@example.org'], new_health: ['Healthy'] };
  expect(notificationsOf(smtp(all)).mail).toMatchObject({
    login: { user: 'me', password: 'pa ss' },
    to: ['ops@example.org'],
    filter: { newHealth: ['Healthy'] },
  });
});

describe('the password of the mail server in the environment', () => {
  const env = { LIFEGUARD_SMTP_PASSWORD: 'from outside' };

  test.each([{ username: 'me' }, { username: 'me', password: 'inside' }])('wins over that of $0', (more) => {
    const loaded = load(smtp(more), env);
    expect(loaded).toMatchObject({
      config: { notifications: { mail: { login: { user: 'me', password: 'from outside' } } } },
    });
  });

  test.each([
    { text: smtp({}), rule: 'notifications.smtp.username: is missing; a login needs username and password' },
    { text: '{}', rule: 'env LIFEGUARD_SMTP_PASSWORD: has no use: there is no mail server' },
    { text: smtp({ username: 'me', security: 'none' }), rule: 'smtp.security: none would send the password' },
  ])('$rule', ({ text, rule }) => {
    expect(problemsOf(text, env)).toEqual([expect.stringContaining(rule)]);
  });

  test.each([
    { text: 'notifications: { smtp: mail.example.org }', rule: 'notifications.smtp: must be a mapping' },
    { text: smtp({ username: 'me', host: 7 }), rule: 'notifications.smtp.host: must be a string' },
    { text: smtp({ username: 'me', from: 'nobody' }), rule: 'notifications.smtp.from: ' },
  ])('was that of no mail server where this was wrong with it: $rule', ({ text, rule }) => {
    expect(problemsOf(text, env)).toEqual([expect.stringContaining(rule)]);
  });

  test('is not repeated in an error', () => {
    const found = problemsOf(smtp({ username: 'me', password: 'pw' }), {
      LIFEGUARD_SMTP_PASSWORD: 'secret\nword',
    });
    expect(found).toEqual([expect.stringMatching(/^env LIFEGUARD_SMTP_PASSWORD: must be text without/)]);
    expect(found[0]).not.toContain('word');
  });
});

describe('http without TLS', () => {
  test.each(['http://127.0.0.1:8080/hook', 'http://[::1]/hook', 'http://localhost/hook'])(
    '%s may be used on this machine',
    (url) => expect(problemsOf(webhook({ url }))).toEqual([]),
  );

  test.each(['http://192.0.2.1/', 'http://hooks.example.org/', 'http://localhost.example.org/'])(
    '%s needs insecure: true',
    (url) => {
      expect(problemsOf(webhook({ url }))).toEqual([expect.stringContaining('set insecure: true')]);
      expect(problemsOf(webhook({ url, insecure: true }))).toEqual([]);
    },
  );
});

test('a password may go to another machine only over TLS', () => {
  const account = { username: 'me', password: 'secret', security: 'none' };
  expect(problemsOf(smtp(account))).toEqual([expect.stringContaining('unencrypted')]);
  expect(problemsOf(smtp({ ...account, host: '127.0.0.1' }))).toEqual([]);
});

test.each([
  { text: webhook({ name: 'a b' }), rule: 'webhooks[0].name: "a b" must be 1 to 64' },
  { text: webhook({ url: 'ftp://192.0.2.1/' }), rule: 'webhooks[0].url: must be an https or http URL' },
  { text: webhook({ url: 'https://me:pw@example.org/' }), rule: 'not have a user, a password or a fragment' },
  { text: webhook({ secret: 'a b' }), rule: 'webhooks[0].secret: must be printable ASCII' },
  { text: webhook({ secret: '' }), rule: 'webhooks[0].secret: must be printable ASCII' },
  {
    text: webhook({ pool_id: ['web'] }),
    rule: 'webhooks[0].pool_id[0]: "web" is not the identifier of a pool',
  },
  { text: webhook({ new_health: ['Down'] }), rule: 'new_health[0]: "Down" is not one of Unhealthy, Healthy' },
  { text: webhook({ event_source: [] }), rule: 'event_source: has 0 items' },
  { text: webhook({ colour: 'red' }), rule: 'webhooks[0].colour: is not a key here' },
  { text: file({ webhooks: [{ name: 'ops' }] }), rule: 'webhooks[0].url: is missing' },
  { text: file({ webhooks: [OPS, OPS] }), rule: 'notifications.webhooks: has the name "ops" twice' },
  { text: smtp({ host: 'a b' }), rule: 'smtp.host: "a b" is neither a host name nor an IP address' },
  { text: smtp({ from: 'me' }), rule: 'smtp.from: "me" is not a mail address' },
  { text: smtp({ to: ['a@example.org, b@example.org'] }), rule: 'smtp.to[0]:' },
  { text: smtp({ port: 0 }), rule: 'smtp.port: is 0' },
  { text: smtp({ username: 'me' }), rule: 'smtp.password: is missing; a login' },
  { text: smtp({ password: 'pw' }), rule: 'smtp.username: is missing; a login' },
  { text: smtp({ security: 'ssl' }), rule: 'security: "ssl" is not one of' },
])('refused: $rule', ({ text, rule }) => {
  expect(problemsOf(text)).toEqual([expect.stringContaining(rule)]);
});

test('errors contain no secret', () => {
  const problems = [
    ...problemsOf(webhook({ url: 'ftp://secret-word', secret: 'secret-word ' })),
    ...problemsOf(webhook({ url: 'http://192.0.2.1/secret-word' })),
    ...problemsOf(smtp({ username: 'secret-word\n', password: 'secret-word\n' })),
  ];
  expect(problems).toHaveLength(5);
  expect(problems.join()).not.toContain('secret-word');
});

describe('bounds', () => {
  const hooks = (count: number) =>
    file({ webhooks: Array.from({ length: count }, (_, i) => ({ ...OPS, name: `w${i}` })) });
  const urlOf = (length: number) => `${OPS.url}/`.padEnd(length, 'x');
  const pools = (count: number) => Array.from({ length: count }, (_, i) => i.toString(16).padStart(32, '0'));
  const to = (count: number) => Array.from({ length: count }, (_, i) => `m${i}@example.org`);

  test.each([
    { of: 'webhooks', at: hooks(WEBHOOKS_MAX), past: hooks(WEBHOOKS_MAX + 1) },
    {
      of: 'url',
      at: webhook({ url: urlOf(WEBHOOK_URL_MAX) }),
      past: webhook({ url: urlOf(WEBHOOK_URL_MAX + 1) }),
    },
    {
      of: 'secret',
      at: webhook({ secret: 'x'.repeat(SECRET_MAX) }),
      past: webhook({ secret: 'x'.repeat(SECRET_MAX + 1) }),
    },
    {
      of: 'password',
      at: smtp({ username: 'me', password: 'x'.repeat(SECRET_MAX) }),
      past: smtp({ username: 'me', password: 'x'.repeat(SECRET_MAX + 1) }),
    },
    {
      of: 'pool_id',
      at: webhook({ pool_id: pools(FILTER_POOLS_MAX) }),
      past: webhook({ pool_id: pools(FILTER_POOLS_MAX + 1) }),
    },
    { of: 'to', at: smtp({ to: to(MAIL_TO_MAX) }), past: smtp({ to: to(MAIL_TO_MAX + 1) }) },
  ])('$of', ({ of, at, past }) => {
    expect(problemsOf(at)).toEqual([]);
    expect(problemsOf(past)).toEqual([expect.stringContaining(of)]);
  });
});
