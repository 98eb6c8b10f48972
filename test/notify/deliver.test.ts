import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { Webhook } from '../../src/config/notified.ts';
import type { RegionEvent } from '../../src/event/event.ts';
import { BATCH } from '../../src/notify/deliver.ts';
import { EVENTS_MAX } from '../../src/store/event-bounds.ts';
import { openRedisStore } from '../../src/store/redis/redis.ts';
import { pool } from '../store/contract/samples.ts';
import { startRedis } from '../support/server/redis.ts';
import { alarmEvent, endpointEvent, POOL, poolEvent } from './notices.ts';
import { type Receiver, startReceiver, status } from './receiver.ts';
import { hasAll, isPlaced, setStage } from './stage.ts';

const only = (...receivers: { webhook: Webhook }[]) => ({
  webhooks: receivers.map(({ webhook }) => webhook),
});
const endpoint = (name: string) => endpointEvent({ endpoint: name });
const namesOf = (receiver: Receiver) => receiver.payloads().map(({ data }) => data.origin_name);
const REGION: RegionEvent = {
  kind: 'region',
  region: 'weu',
  was: 'live',
  now: 'absent',
  reason: '',
  atMs: 0,
};

test('a destination gets its events in order and once, and its cursor moves to the newest event', async () => {
  const stage = await setStage();
  const receiver = await startReceiver(status(200));
  stage.notify(only(receiver));
  await isPlaced(stage.store, 'webhook/ops');
  await stage.tell(endpoint('a'), REGION, endpoint('b'), REGION);
  await stage.tell(endpoint('c'));
  await hasAll(stage.store, 'webhook/ops');
  expect(namesOf(receiver)).toEqual(['a', 'b', 'c']);
});

test('a destination gets all events when there are more than one batch', async () => {
  const stage = await setStage();
  const receiver = await startReceiver(status(200));
  stage.notify(only(receiver));
  await isPlaced(stage.store, 'webhook/ops');
  const names = Array.from({ length: 2 * BATCH + 1 }, (_, i) => `e${i}`);
  await stage.tell(...names.map(endpoint));
  await receiver.came(names.length);
  expect(namesOf(receiver)).toEqual(names);
});

test('a new destination gets no events from before it was added', async () => {
  const stage = await setStage();
  await stage.tell(endpoint('before'));
  const receiver = await startReceiver(status(200));
  stage.notify(only(receiver));
  await isPlaced(stage.store, 'webhook/ops');
  await stage.tell(endpoint('after'));
  await receiver.came(1);
  expect(namesOf(receiver)).toEqual(['after']);
});

test('a destination of a store that was emptied gets all events recorded there since', async () => {
  const stage = await setStage();
  stage.alarms.raise({ alarm: 'store_emptied', about: '', pools: [] }, '', {});
  await stage.tell(alarmEvent({ alarm: 'store_emptied', about: '' }));
  const receiver = await startReceiver(status(200));
  stage.notify(only(receiver));
  await hasAll(stage.store, 'webhook/ops');
  expect(receiver.payloads().map(({ data }) => data.alarm)).toEqual(['store_emptied']);
});

test('events recorded while no node notifies are delivered later', async () => {
  const stage = await setStage();
  const receiver = await startReceiver(status(200));
  const first = stage.notify(only(receiver));
  await isPlaced(stage.store, 'webhook/ops');
  await first.stop();
  await stage.tell(endpoint('a'));
  stage.notify(only(receiver));
  await receiver.came(1);
  expect(namesOf(receiver)).toEqual(['a']);
});

test('events pass the filters of the destination and of the pool', async () => {
  const stage = await setStage();
  stage.pools.set(POOL, pool(POOL, { notificationFilter: { origin: { healthy: false } } }));
  const every = await startReceiver(status(200));
  const some = await startReceiver(status(200), { name: 'some' });
  stage.notify({ webhooks: [every.webhook, { ...some.webhook, filter: { eventSource: ['pool'] } }] });
  await isPlaced(stage.store, 'webhook/ops', 'webhook/some');
  const up = endpointEvent({ was: 'unhealthy', now: 'healthy' });
  await stage.tell(endpoint('a'), up, poolEvent(), endpoint('b'));
  await Promise.all([every.came(3), some.came(1)]);
  expect(namesOf(every)).toEqual(['a', undefined, 'b']);
  expect(some.payloads().map(({ data }) => data.event_source)).toEqual(['pool']);
});

describe('a receiver that fails', () => {
  test('the receiver gets the event again, and later events wait for it', async () => {
    const stage = await setStage();
    const receiver = await startReceiver((response) =>
      response.writeHead(receiver.posted.length === 1 ? 500 : 200).end(),
    );
    stage.notify(only(receiver));
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('a'), endpoint('b'));
    await receiver.came(3);
    expect(namesOf(receiver)).toEqual(['a', 'a', 'b']);
    expect(await stage.logged(/Cannot notify/)).toMatchObject({
      destination: 'webhook/ops',
      reason: 'it answered 500',
    });
    expect(await stage.logged(/takes notifications again/)).toMatchObject({ destination: 'webhook/ops' });
    expect(stage.lines).toHaveLength(2);
  });

  test('the receiver delays no other destination, however it fails', async () => {
    const stage = await setStage();
    const hanging = await startReceiver(() => {}, { name: 'hanging' });
    const failing = await startReceiver(status(500), { name: 'failing' });
    const slow = await startReceiver((response) => void response.writeHead(200).flushHeaders(), {
      name: 'slow',
    });
    const well = await startReceiver(status(200), { name: 'well' });
    stage.notify(only(hanging, failing, slow, well));
    await isPlaced(stage.store, 'webhook/hanging', 'webhook/failing', 'webhook/slow', 'webhook/well');
    await stage.tell(...Array.from({ length: 50 }, (_, i) => endpoint(`e${i}`)));
    await Promise.all([well.came(50), hanging.came(1), failing.came(1), slow.came(1)]);
    expect(new Set([...namesOf(hanging), ...namesOf(failing), ...namesOf(slow)])).toEqual(new Set(['e0']));
    expect(await stage.store.cursor('webhook/well')).not.toBe(await stage.store.cursor('webhook/hanging'));
  });

  test('an event that the receiver refuses is skipped and logged', async () => {
    const stage = await setStage();
    const receiver = await startReceiver((response, { body }) =>
      response.writeHead(body.includes('"bad"') ? 422 : 200).end(),
    );
    stage.notify(only(receiver));
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('bad'), endpoint('good'));
    await receiver.came(2);
    expect(namesOf(receiver)).toEqual(['bad', 'good']);
    expect(await stage.logged(/refuses/)).toMatchObject({ reason: 'it answered 422' });
  });

  test('stop waits for a receiver that answers soon, which does not get the event again', async () => {
    const stage = await setStage();
    const taken = Promise.withResolvers<void>();
    const receiver = await startReceiver(async (response) => {
      await taken.promise;
      response.writeHead(200).end();
    });
    const notifying = stage.notify(only(receiver));
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('a'), endpoint('b'));
    await receiver.came(1);
    const stopped = notifying.stop();
    taken.resolve();
    await stopped;
    expect(namesOf(receiver)).toEqual(['a']);
    stage.notify(only(receiver));
    await receiver.came(2);
    expect(namesOf(receiver)).toEqual(['a', 'b']);
  });

  test('stop does not wait long for the receiver, and the event is delivered later', async () => {
    const stage = await setStage();
    const hanging = await startReceiver(() => {});
    const notifying = stage.notify(only(hanging));
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('a'));
    await hanging.came(1);
    await notifying.stop();
    stage.notify(only(hanging));
    await hanging.came(2);
    expect(namesOf(hanging)).toEqual(['a', 'a']);
  });
});

describe('the lead', () => {
  test('only the node that leads notifies', async () => {
    const stage = await setStage();
    const [a, b] = [await startReceiver(status(200)), await startReceiver(status(200))];
    stage.notify(only(a), 'a');
    stage.notify(only(b), 'b');
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('one'));
    await hasAll(stage.store, 'webhook/ops');
    await stage.lead('b');
    await stage.tell(endpoint('two'));
    await b.came(1);
    expect([namesOf(a), namesOf(b)]).toEqual([['one'], ['two']]);
  });

  test('a node that lost the lead does not report a delay, nor when it leads again after another delivered', async () => {
    const stage = await setStage();
    const [failing, well] = [await startReceiver(status(500)), await startReceiver(status(200))];
    const a = stage.notify(only(failing), 'a');
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('one'));
    // Its pause is long by now.
    await failing.came(3);
    expect(a.readings[0]!.behindMs).toBeGreaterThan(0);
    await stage.lead('b');
    expect(a.readings[0]!.behindMs).toBe(0);
    stage.notify(only(well), 'b');
    await hasAll(stage.store, 'webhook/ops');
    await stage.lead('a');
    await vi.waitFor(() => expect(a.readings[0]!.behindMs).toBe(0), { timeout: 40_000, interval: 50 });
    expect([namesOf(well), failing.posted.length]).toEqual([['one'], 3]);
  });

  test('an event delivered while the lead is lost is delivered twice, but never lost', async () => {
    const stage = await setStage();
    const receiver = await startReceiver(async (response) => {
      if (receiver.posted.length === 1) await stage.lead('b');
      response.writeHead(200).end();
    });
    stage.notify(only(receiver), 'a');
    stage.notify(only(receiver), 'b');
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('a'), endpoint('b'));
    await receiver.came(3);
    expect(namesOf(receiver)).toEqual(['a', 'a', 'b']);
    const ids = receiver.payloads().map(({ data }) => data.event_id);
    expect(ids[0]).toBe(ids[1]);
  });
});

test('events deleted before their delivery raise an alarm, until an event is delivered', async () => {
  const stage = await setStage();
  const receiver = await startReceiver(status(200));
  const first = stage.notify(only(receiver));
  await isPlaced(stage.store, 'webhook/ops');
  await stage.tell(endpoint('a'));
  await hasAll(stage.store, 'webhook/ops');
  await first.stop();
  await stage.tell(endpoint('forgotten'), ...Array.from({ length: EVENTS_MAX.told }, () => REGION));
  stage.notify(only(receiver));
  expect(await stage.logged(/were deleted before/)).toMatchObject({ destination: 'webhook/ops' });
  expect(stage.raised()).toEqual(['alarm/notifications_lost/webhook/ops']);
  await stage.tell(endpoint('b'));
  await hasAll(stage.store, 'webhook/ops');
  expect(namesOf(receiver)).toEqual(['a', 'b']);
  expect(stage.raised()).toEqual([]);
});

test('the log has no secrets', async () => {
  const stage = await setStage();
  const receiver = await startReceiver(status(500));
  const gone = { name: 'gone', url: 'http://127.0.0.1:1/secret-word', secret: 'secret-word', filter: {} };
  const webhook = { ...receiver.webhook, url: `${receiver.url}/secret-word`, secret: 'secret-word' };
  stage.notify({
    webhooks: [webhook, gone],
    mail: {
      host: '127.0.0.1',
      port: 1,
      security: 'starttls',
      login: { user: 'me', password: 'secret-word' },
      from: 'lifeguard@example.org',
      to: ['ops@example.org'],
      filter: {},
    },
  });
  await isPlaced(stage.store, 'webhook/ops', 'webhook/gone', 'mail');
  await stage.tell(endpoint('a'));
  await expect.poll(() => stage.lines.length, { timeout: 40_000 }).toBe(3);
  expect(stage.lines.map(({ destination }) => destination).sort()).toEqual([
    'mail',
    'webhook/gone',
    'webhook/ops',
  ]);
  expect(JSON.stringify(stage.lines)).not.toContain('secret-word');
});

test('while a store refuses to move the cursor, no notification is lost or sent twice', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'lifeguard-cursors-'));
  const redis = await startRedis({ args: ['--dir', directory, '--save', '3600 1000000'] });
  const refusals = [
    ['CONFIG SET maxmemory 1', 'CONFIG SET maxmemory 0'],
    ['CONFIG SET min-replicas-to-write 1', 'CONFIG SET min-replicas-to-write 0'],
    ['ACL SETUSER node -hset', 'ACL SETUSER node +hset'],
    ['REPLICAOF 127.0.0.1 1', 'REPLICAOF NO ONE'],
    ['BGSAVE', 'CONFIG SET stop-writes-on-bgsave-error no'],
  ] as const;
  // Redis cannot save over a directory: MISCONF.
  mkdirSync(join(directory, 'dump.rdb'));
  const saving = `EVAL "return string.match(redis.call('INFO','persistence'),'last_bgsave_status:(%a+)')" 0`;
  await redis.send('ACL SETUSER node on >secret ~* &* +@all');
  try {
    const url = redis.url.replace('://', '://node:secret@');
    const stage = await setStage(openRedisStore(url, { prefix: 'notify' }));
    const receiver = await startReceiver(async (response) => {
      const refusal = refusals[receiver.posted.length - 1];
      if (refusal !== undefined) await redis.send(refusal[0]);
      if (refusal?.[0] === 'BGSAVE')
        await expect.poll(() => redis.send(saving), { timeout: 20_000 }).toBe('$3');
      response.writeHead(200).end();
    });
    stage.notify(only(receiver));
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(...refusals.map((_, i) => endpoint(`e${i}`)), endpoint('last'));
    for (const [i, [, allow]] of refusals.entries()) {
      await receiver.came(i + 1);
      // The cursor is moved right after the answer; where that comes later, it is taken.
      await sleep(100);
      await redis.send(allow);
    }
    await hasAll(stage.store, 'webhook/ops');
    expect(namesOf(receiver)).toEqual(['e0', 'e1', 'e2', 'e3', 'e4', 'last']);
  } finally {
    await redis.stop();
    rmSync(directory, { recursive: true });
  }
});

test('after a restart of Redis, events from before and after it are delivered', async () => {
  const redis = await startRedis({ durable: true });
  try {
    const stage = await setStage(openRedisStore(redis.url, { prefix: 'notify' }));
    const receiver = await startReceiver(status(200));
    stage.notify(only(receiver));
    await isPlaced(stage.store, 'webhook/ops');
    await stage.tell(endpoint('a'));
    await hasAll(stage.store, 'webhook/ops');
    await redis.kill();
    await redis.restart();
    await expect
      .poll(
        () =>
          stage.tell(endpoint('b')).then(
            () => true,
            () => false,
          ),
        { timeout: 40_000 },
      )
      .toBe(true);
    await receiver.came(2);
    expect(namesOf(receiver)).toEqual(['a', 'b']);
  } finally {
    await redis.stop();
  }
});
