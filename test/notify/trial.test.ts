import { expect, test } from 'vitest';
import { destinationsOf } from '../../src/notify/notify.ts';
import { TEST_TEXT } from '../../src/notify/payload.ts';
import { TRIAL_MS, tryDestinations } from '../../src/notify/trial.ts';
import { type Answer, startReceiver, status } from './receiver.ts';
import { type Script, startScriptedServer } from './smtp-server.ts';

const log = { info: () => {}, warn: () => {}, error: () => {} };
const SECRET = 'secret-word';

/** What becomes of a test of one webhook that is answered so. */
async function ofWebhook(answer: Answer, trialMs = TRIAL_MS) {
  const { webhook, posted } = await startReceiver(answer);
  const destinations = destinationsOf({
    notifications: { webhooks: [{ ...webhook, secret: SECRET }] },
    poolOf: () => undefined,
    log,
    accountId: 'acme',
  });
  return { tried: await tryDestinations(destinations, trialMs), posted };
}

/** The same of mail to these addresses, over a server with that script. */
async function ofMail(to: readonly string[], script: Script = {}) {
  const { server, lines } = await startScriptedServer(script);
  const notifications = { webhooks: [], mail: { ...server, to } };
  const [tried] = await tryDestinations(destinationsOf({ notifications, poolOf: () => undefined, log }));
  return { attempt: tried!.attempt, lines };
}

test('a test of a webhook posts a text that says so, without a start or an end', async () => {
  const { tried, posted } = await ofWebhook(status(204));
  expect(tried).toEqual([
    { destination: 'webhook/ops', attempt: { kind: 'delivered' }, tookMs: expect.any(Number) },
  ]);
  expect(posted).toHaveLength(1);
  expect(posted[0]!.headers['cf-webhook-auth']).toBe(SECRET);
  expect(JSON.parse(posted[0]!.body)).toEqual({
    name: 'ops',
    text: TEST_TEXT,
    ts: expect.any(Number),
    account_id: 'acme',
  });
});

test.each([
  { code: 500, attempt: { kind: 'failed', reason: 'it answered 500' } },
  { code: 400, attempt: { kind: 'refused', reason: 'it answered 400' } },
])('a webhook that answers $code: $attempt.kind, after one attempt', async ({ code, attempt }) => {
  const { tried, posted } = await ofWebhook(status(code));
  expect(tried.map((each) => each.attempt)).toEqual([attempt]);
  expect(posted).toHaveLength(1);
});

test('a test of a webhook that does not answer fails after the trial time', async () => {
  const { tried } = await ofWebhook(() => {}, 200);
  expect(tried.map(({ attempt }) => attempt)).toEqual([
    { kind: 'failed', reason: 'not taken within 200 ms' },
  ]);
});

test('each address of the configuration gets a test mail, and the failed addresses are named', async () => {
  const to = ['a@example.org', 'b@example.org', 'c@example.org'];
  const all = await ofMail(to);
  expect(all.attempt).toEqual({ kind: 'delivered' });
  expect(all.lines.filter((line) => line === 'Subject: Lifeguard: a test')).toHaveLength(3);
  const some = await ofMail(to, {
    'RCPT TO:<a@example.org>': '550 nobody',
    'RCPT TO:<b@example.org>': '450 later',
  });
  expect(some.attempt).toEqual({
    kind: 'refused',
    reason: expect.stringMatching(/^a@example\.org: .*550; b@example\.org: .*450$/),
  });
  expect(some.lines).toContain('RCPT TO:<c@example.org>');
});

test('a mail server that fails is asked once, and one without addresses never', async () => {
  const { attempt, lines } = await ofMail(['a@example.org', 'b@example.org'], { 'MAIL FROM': '451 not now' });
  expect(attempt).toMatchObject({ kind: 'failed' });
  expect(lines.filter((line) => line.startsWith('MAIL FROM'))).toHaveLength(1);
  expect(await ofMail([])).toEqual({
    attempt: { kind: 'failed', reason: 'notifications.smtp.to has no address' },
    lines: [],
  });
});
