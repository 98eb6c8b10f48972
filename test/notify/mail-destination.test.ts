import { expect, test } from 'vitest';
import type { MailServer } from '../../src/config/notified.ts';
import { sendMail } from '../../src/notify/mail.ts';
import { DEFERRALS_MAX, mailDestination, WEARY_MAX } from '../../src/notify/mail-destination.ts';
import type { Pool } from '../../src/pool/pool.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { pool } from '../store/contract/samples.ts';
import { alarmEvent, endpointEvent, noticed, POOL, poolEvent } from './notices.ts';
import { type Script, startScriptedServer } from './smtp-server.ts';

const resolve = createResolve();
const { signal } = new AbortController();
const deferred = (...to: string[]): Script =>
  Object.fromEntries(to.map((each) => [`RCPT TO:<${each}>`, '450 later']));

/** The destination over a server with that script, and to whom mail went. */
async function mailing(script: Script, over: Partial<MailServer>, of: Partial<Pool> = {}) {
  const { server, lines } = await startScriptedServer(script);
  const passedOver: string[] = [];
  const configured = new Map([[POOL, pool(POOL, of)]]);
  const destination = mailDestination(
    { ...server, ...over },
    {
      poolOf: (id) => configured.get(id),
      send: (mail, means) => sendMail(server, mail, { ...means, resolve }),
      passedOver: (address) => passedOver.push(address),
    },
  );
  return {
    destination,
    passedOver,
    configured,
    lines,
    asked: () => lines.flatMap((line) => /^RCPT TO:<(.*)>/.exec(line)?.[1] ?? []),
    attempt: (cursor: string) => destination.attempt(noticed(endpointEvent(), cursor), signal),
  };
}

test('mail goes to the addresses of the pool and of the server, one mail to each address', async () => {
  const { destination, asked, lines } = await mailing(
    {},
    { to: ['ops@example.org'] },
    { notificationEmail: 'a@example.org, b@example.org,ops@example.org' },
  );
  expect(await destination.attempt(noticed(poolEvent()), signal)).toEqual({ kind: 'delivered' });
  expect(asked()).toEqual(['ops@example.org', 'a@example.org', 'b@example.org']);
  expect(lines).toContain('Subject: Lifeguard: pool web is unhealthy');
  expect(lines.filter((line) => line.startsWith('Message-ID: <7-0.'))).toHaveLength(3);
});

test.each([
  { what: 'no address', over: {}, of: {}, event: poolEvent(), wanted: false },
  {
    what: 'the pool has an address',
    over: {},
    of: { notificationEmail: 'a@x.org' },
    event: poolEvent(),
    wanted: true,
  },
  {
    what: 'the filter of the pool rejects it',
    over: {},
    of: { notificationEmail: 'a@x.org', notificationFilter: { pool: { disable: true } } },
    event: poolEvent(),
    wanted: false,
  },
  {
    what: 'the filter of the server rejects it, but does not apply to the address of the pool',
    over: { to: ['ops@x.org'], filter: { eventSource: ['alarm'] as const } },
    of: { notificationEmail: 'a@x.org' },
    event: poolEvent(),
    wanted: true,
  },
  {
    what: 'the filter of the server rejects it',
    over: { to: ['ops@x.org'], filter: { eventSource: ['alarm'] as const } },
    of: {},
    event: poolEvent(),
    wanted: false,
  },
  {
    what: 'an alarm goes to the addresses of the server',
    over: { to: ['ops@x.org'] },
    of: { notificationFilter: { pool: { disable: true }, origin: { disable: true } } },
    event: alarmEvent(),
    wanted: true,
  },
  {
    what: 'an alarm does not go to the addresses of pools',
    over: {},
    of: { notificationEmail: 'a@x.org' },
    event: alarmEvent(),
    wanted: false,
  },
])('mail is wanted, when $what: $wanted', async ({ over, of, event, wanted }) => {
  const { destination } = await mailing({}, over, of);
  expect(destination.wants(noticed(event))).toBe(wanted);
});

test('addresses that were removed meanwhile get no mail', async () => {
  const { destination, configured } = await mailing({}, {}, { notificationEmail: 'a@example.org' });
  expect(destination.wants(noticed(poolEvent()))).toBe(true);
  configured.set(POOL, pool(POOL));
  expect(destination.wants(noticed(poolEvent()))).toBe(false);
  configured.clear();
  expect(destination.wants(noticed(poolEvent()))).toBe(false);
});

test('an address that the server refuses is skipped, and the others get the mail', async () => {
  const { attempt, asked, passedOver } = await mailing(
    { 'RCPT TO:<gone@example.org>': '550 nobody' },
    { to: ['gone@example.org', 'ops@example.org'] },
  );
  expect(await attempt('1-0')).toEqual({ kind: 'delivered' });
  expect(asked()).toEqual(['gone@example.org', 'ops@example.org']);
  expect(passedOver).toEqual(['gone@example.org']);
});

test('a deferred address is tried DEFERRALS_MAX times, and then once for each later notice', async () => {
  const { attempt, asked, passedOver } = await mailing(deferred('slow@example.org'), {
    to: ['slow@example.org', 'ops@example.org'],
  });
  for (let tried = 1; tried < DEFERRALS_MAX; tried += 1)
    expect(await attempt('1-0')).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('slow@example.org'),
    });
  expect(passedOver).toEqual([]);
  expect(await attempt('1-0')).toEqual({ kind: 'delivered' });
  expect(passedOver).toEqual(['slow@example.org']);
  expect(asked().filter((to) => to === 'slow@example.org')).toHaveLength(DEFERRALS_MAX);
  expect(asked().filter((to) => to === 'ops@example.org')).toHaveLength(1);
  expect(await attempt('2-0')).toEqual({ kind: 'delivered' });
  expect(asked().filter((to) => to === 'ops@example.org')).toHaveLength(2);
});

test('a mail server that goes away gets the rest later, and no address gets a mail twice', async () => {
  let isAway = true;
  const { server, lines } = await startScriptedServer();
  const destination = mailDestination(
    { ...server, to: ['a@example.org', 'b@example.org'] },
    {
      poolOf: () => undefined,
      send: (mail, means) =>
        sendMail(mail.to.startsWith('b') && isAway ? { ...server, port: 1 } : server, mail, {
          ...means,
          resolve,
        }),
      passedOver: () => {},
    },
  );
  const notice = noticed(endpointEvent());
  expect(await destination.attempt(notice, signal)).toMatchObject({ kind: 'failed' });
  isAway = false;
  expect(await destination.attempt(notice, signal)).toEqual({ kind: 'delivered' });
  expect(lines.filter((line) => line.startsWith('RCPT'))).toEqual([
    'RCPT TO:<a@example.org>',
    'RCPT TO:<b@example.org>',
  ]);
});

test('at most WEARY_MAX deferred addresses are remembered', async () => {
  const to = Array.from({ length: WEARY_MAX + 1 }, (_, i) => `m${i}@example.org`);
  const { attempt, passedOver } = await mailing({ 'RCPT TO': '450 later' }, { to });
  for (let tried = 0; tried < DEFERRALS_MAX; tried += 1) await attempt('1-0');
  expect(passedOver).toEqual(to);
  expect(await attempt('2-0')).toMatchObject({ kind: 'failed', reason: expect.stringContaining(to.at(-1)!) });
  expect(passedOver.slice(to.length)).toEqual(to.slice(0, WEARY_MAX));
});

test('the addresses of a deleted pool never got the notice of its end, and its filter did not apply', async () => {
  const { destination, asked, configured } = await mailing({}, { to: ['ops@example.org'] });
  configured.clear();
  const gone = { was: 'unhealthy', now: 'deleted' } as const;
  const audience = { notificationEmail: 'a@example.org', notificationFilter: { origin: { disable: true } } };
  expect(await destination.attempt(noticed(poolEvent({ ...gone, audience })), signal)).toEqual({
    kind: 'delivered',
  });
  expect(asked()).toEqual(['ops@example.org', 'a@example.org']);
  expect(destination.wants(noticed(endpointEvent({ ...gone, audience })))).toBe(false);
  expect(destination.wants(noticed(endpointEvent(gone)))).toBe(true);
});
