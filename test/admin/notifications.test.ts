import { expect, test } from 'vitest';
import { destinationsOf } from '../../src/notify/notify.ts';
import { tryDestinations } from '../../src/notify/trial.ts';
import { type Receiver, startReceiver, status } from '../notify/receiver.ts';
import { startTestAdmin, TOKENS } from './server.ts';

const TEST = '/lifeguard/v1/notifications/test';
const log = { info: () => {}, warn: () => {}, error: () => {} };

/** An API whose node notifies these. */
function startNotifyingAdmin(...receivers: Receiver[]) {
  const notifications = { webhooks: receivers.map(({ webhook }) => webhook) };
  const all = destinationsOf({ notifications, poolOf: () => undefined, log });
  return startTestAdmin({
    notifications: {
      destinations: all.map(({ key }) => key),
      test: (keys) => tryDestinations(all.filter(({ key }) => keys.includes(key))),
    },
  });
}

test('a test notification goes to all destinations, or to the named one', async () => {
  const well = await startReceiver(status(200), { name: 'well' });
  const ill = await startReceiver(status(503), { name: 'ill' });
  const api = await startNotifyingAdmin(well, ill);
  const { status: code, body } = await api.call('POST', TEST);
  expect(code).toBe(200);
  expect(body.result).toEqual([
    { destination: 'webhook/well', outcome: 'delivered', seconds: expect.any(Number) },
    {
      destination: 'webhook/ill',
      outcome: 'failed',
      reason: 'it answered 503',
      seconds: expect.any(Number),
    },
  ]);
  const one = await api.call('POST', `${TEST}?destination=webhook/well`);
  expect(one.body.result).toMatchObject([{ destination: 'webhook/well', outcome: 'delivered' }]);
  expect([well.posted.length, ill.posted.length]).toEqual([2, 1]);
});

test('an unknown parameter is refused, and nothing is sent', async () => {
  const receiver = await startReceiver(status(200), { name: 'well' });
  const api = await startNotifyingAdmin(receiver);
  const refusalOf = async (query: string, sent: unknown) => {
    const { status, body } = await api.call('POST', `${TEST}${query}`, sent);
    return { status, errors: body.errors };
  };
  const unknown = (key: string, hint = '') => ({
    status: 400,
    errors: [
      {
        code: 1002,
        message: `${key} is not a known field${hint}: validation failed`,
        source: { pointer: `/${key}` },
      },
    ],
  });
  expect(await refusalOf('', { destination: 'webhook/well' })).toEqual(unknown('destination'));
  expect(await refusalOf('?destinations=webhook/well', undefined)).toEqual(
    unknown('destinations', ' (did you mean "destination"?)'),
  );
  expect((await refusalOf('', ['webhook/well'])).status).toBe(400);
  expect(receiver.posted).toEqual([]);
  expect((await refusalOf('', {})).status).toBe(200);
});

test('without destinations nothing is sent', async () => {
  const api = await startTestAdmin();
  expect((await api.call('POST', TEST)).body.result).toEqual([]);
});

test('only tokens of scope edit without a prefix may send a test notification', async () => {
  const receiver = await startReceiver(status(200));
  const api = await startNotifyingAdmin(receiver);
  const codeFor = async (fields: object) => {
    const { result } = (await api.call('POST', TOKENS, fields)).body;
    return (await api.call('POST', TEST, undefined, { authorization: `Bearer ${result.token}` })).status;
  };
  expect(await codeFor({ name: 'reader', scope: 'read' })).toBe(403);
  expect(await codeFor({ name: 'prefixed', scope: 'edit', pool_prefix: 'web-' })).toBe(403);
  expect(receiver.posted).toEqual([]);
  expect(await codeFor({ name: 'editor', scope: 'edit' })).toBe(200);
  expect(receiver.posted).toHaveLength(1);
});
