import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SAMPLE_FILE } from '../../../src/config/source/load.ts';
import { replaced } from '../../docs/fences.ts';
import { type Receiver, startReceiver, status } from '../../notify/receiver.ts';
import { startScriptedServer } from '../../notify/smtp-server.ts';
import { call } from '../../support/api.ts';
import { runCommand } from '../../support/command-line.ts';
import { endAll, type LifeguardProcess, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { samplesOf } from '../../support/server/prometheus.ts';
import { startRedis } from '../../support/server/redis.ts';
import { startWeb, type WebServer } from '../../support/server/web.ts';
import { expectAddresses, makePool } from '../health/scenario.ts';
import { transitions } from '../health/watched.ts';

let directory: string;
let webs: WebServer[];
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-notifications-'));
  webs = await Promise.all([startWeb('127.0.0.1'), startWeb('127.0.0.2')]);
});
afterEach(async () => {
  await endAll();
  await Promise.all(webs.map((web) => web.stop()));
  rmSync(directory, { recursive: true });
});

/** A configuration file with that section. */
function withNotifications(notifications: object): string {
  const file = join(directory, 'lifeguard.yaml');
  const text = readFileSync(SAMPLE_FILE, 'utf8');
  const section = `notifications: ${JSON.stringify(notifications)}`;
  writeFileSync(file, replaced(text, /^notifications:.*\n {2}webhooks: \[\]$/m.exec(text)![0], section));
  return file;
}

const leads = ({ log }: LifeguardProcess) =>
  vi.waitFor(
    () => expect(log.map(({ msg }) => msg)).toContainEqual(expect.stringMatching(/This node is the leader/)),
    {
      timeout: 40_000,
    },
  );
/** What was posted of endpoints that turned so, as their names. */
const turned = (receiver: Receiver, health: 'Healthy' | 'Unhealthy') =>
  receiver
    .payloads()
    .filter(({ data }) => data.event_source === 'origin' && data.new_health === health)
    .map(({ data }) => data.origin_name);

test('webhooks and mail report a failed and recovered endpoint, and a receiver that hangs delays nothing', async () => {
  const secret = 'e2e-webhook-secret';
  const receiver = await startReceiver(status(200));
  const hanging = await startReceiver(() => {}, { name: 'hanging' });
  const { server, lines } = await startScriptedServer();
  const all = await startLifeguard('all', {
    LIFEGUARD_DATA_DIR: directory,
    LIFEGUARD_CONFIG: withNotifications({
      webhooks: [
        { name: 'hanging', url: hanging.url },
        { name: 'ops', url: receiver.url, secret },
      ],
      smtp: { host: server.host, port: server.port, security: 'none', from: server.from },
    }),
  });
  await leads(all);
  const pool = await makePool(all, webs);
  await call(all, 'PATCH', `/pools/${pool.id}`, {
    notification_email: 'web-team@example.org',
    notification_filter: { pool: { disable: true } },
  });
  await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2']);
  await webs[1]!.stop();
  await expectAddresses(all.dns, ['127.0.0.1']);
  await vi.waitFor(() => expect(turned(receiver, 'Unhealthy')).toEqual(['web-2']), { timeout: 40_000 });
  await vi.waitFor(() => expect(lines).toContain('Subject: Lifeguard: web-2 of pool web is unhealthy'), {
    timeout: 40_000,
  });
  expect(lines).toContain('RCPT TO:<web-team@example.org>');
  await webs[1]!.start();
  await expectAddresses(all.dns, ['127.0.0.1', '127.0.0.2']);
  // That the pool was well at first is no news.
  await vi.waitFor(() => expect(turned(receiver, 'Healthy')).toEqual(['web-2']), { timeout: 40_000 });

  await vi.waitFor(async () => {
    const about = { headers: { authorization: `Bearer ${TOKEN}` } };
    const samples = samplesOf(await (await fetch(new URL('/metrics', all.api), about)).text());
    const attempts = (name: string, outcome: string) =>
      samples.get(`lifeguard_notification_attempts_total{destination="${name}",outcome="${outcome}"}`);
    expect(['delivered', 'failed'].map((outcome) => attempts('webhook/ops', outcome))).toEqual([2, 0]);
    expect(attempts('webhook/hanging', 'delivered')).toBe(0);
    const behind = (name: string) =>
      samples.get(`lifeguard_notification_behind_seconds{destination="${name}"}`);
    expect(behind('webhook/ops')).toBe(0);
    expect(behind('webhook/hanging')).toBeGreaterThan(1);
  }, 5_000);

  expect(receiver.posted.every(({ headers }) => headers['cf-webhook-auth'] === secret)).toBe(true);
  const incident = receiver.payloads().filter(({ data }) => data.origin_name === 'web-2');
  expect(new Set(incident.map(({ alert_correlation_id: id }) => id)).size).toBe(1);
  expect(receiver.payloads().some(({ data }) => data.event_source === 'pool')).toBe(false);
  expect(JSON.stringify(all.log)).not.toContain(secret);
  const tested = await runCommand(all, ['notifications', 'test', 'webhook/ops', '--json']);
  expect(JSON.parse(tested.stdout).result).toMatchObject([
    { destination: 'webhook/ops', outcome: 'delivered' },
  ]);
  expect(receiver.posted.at(-1)!.body).toContain('Hello World!');
  // Nobody is in smtp.to.
  const untaken = await runCommand(all, ['notifications', 'test', 'mail']);
  expect([untaken.code, untaken.stderr]).toEqual([1, '1 of 1 test notifications were not delivered.\n']);
  expect(JSON.stringify(all.log)).not.toContain(receiver.url);
}, 60_000);

test('if the leading node is killed between delivery and cursor, the event arrives twice, but never not at all', async () => {
  const redis = await startRedis();
  try {
    let first: LifeguardProcess | undefined;
    const receiver = await startReceiver(async (response, { body }) => {
      // The receiver took it, but its answer is lost.
      if (first !== undefined && body.includes('"Unhealthy"')) {
        const killed = first;
        first = undefined;
        await killed.end('SIGKILL');
      } else response.writeHead(200).end();
    });
    const env = {
      LIFEGUARD_REDIS_URL: redis.url,
      LIFEGUARD_CONFIG: withNotifications({
        webhooks: [{ name: 'ops', url: receiver.url, event_source: ['origin'] }],
      }),
    };
    const start = (name: string) =>
      startLifeguard('serve', { ...env, LIFEGUARD_DATA_DIR: join(directory, name) });
    const one = await start('one');
    await leads(one);
    const two = await start('two');
    await startLifeguard('monitor', env);
    await makePool(one, webs);
    await expectAddresses(two.dns, ['127.0.0.1', '127.0.0.2']);
    await vi.waitFor(async () => expect(await transitions(two, 'pool')).toEqual([': unknown healthy']), {
      timeout: 40_000,
    });
    first = one;
    await webs[1]!.stop();
    await expectAddresses(two.dns, ['127.0.0.1']);
    await leads(two);
    await vi.waitFor(() => expect(turned(receiver, 'Unhealthy')).toEqual(['web-2', 'web-2']), {
      timeout: 40_000,
    });
    const ids = receiver
      .payloads()
      .flatMap(({ data }) => (data.new_health === 'Unhealthy' ? [data.event_id] : []));
    expect(new Set(ids).size).toBe(1);
  } finally {
    await endAll();
    await redis.stop();
  }
}, 90_000);
