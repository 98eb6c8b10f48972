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

test('a pool has its addresses, and the server its own; each gets one mail', async () => {
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
    what: "a pool's address",
    over: {},
    of: { notificationEmail: 'a@x.org' },
    event: poolEvent(),
    wanted: true,
  },
  {
    what: "a pool's address, and its filter",
    over: {},
    of: { notificationEmail: 'a@x.org', notificationFilter: { pool: { disable: true } } },
    event: poolEvent(),
    wanted: false,
  },
  {
    what: 'a filter of the server, which is not for addresses of pools',
    over: { to: ['ops@x.org'], filter: { eventSource: ['alarm'] as const } },
    of: { notificationEmail: 'a@x.org' },
    event: poolEvent(),
    wanted: true,
  },
  {
    what: 'a filter of the server',
    over: { to: ['ops@x.org'], filter: { eventSource: ['alarm'] as const } },
    of: {},
    event: poolEvent(),
    wanted: false,
  },
  {
    what: "an alarm, which goes to the server's addresses",
    over: { to: ['ops@x.org'] },
    of: { notificationFilter: { pool: { disable: true }, origin: { disable: true } } },
    event: alarmEvent(),
    wanted: true,
  },
  {
    what: 'an alarm, which goes to no pool',
    over: {},
    of: { notificationEmail: 'a@x.org' },
    event: alarmEvent(),
    wanted: false,
  },
])('$what: $wanted', async ({ over, of, event, wanted }) => {
  const { destination } = await mailing({}, over, of);
  expect(destination.wants(noticed(event))).toBe(wanted);
});

test('what was cleared meanwhile gets nothing', async () => {
  const { destination, configured } = await mailing({}, {}, { notificationEmail: 'a@example.org' });
  expect(destination.wants(noticed(poolEvent()))).toBe(true);
  configured.set(POOL, pool(POOL));
  expect(destination.wants(noticed(poolEvent()))).toBe(false);
  configured.clear();
  expect(destination.wants(noticed(poolEvent()))).toBe(false);
});

test('an address that is refused is passed over, and the others get it', async () => {
  const { attempt, asked, passedOver } = await mailing(
    { 'RCPT TO:<gone@example.org>': '550 nobody' },
    { to: ['gone@example.org', 'ops@example.org'] },
  );
  expect(await attempt('1-0')).toEqual({ kind: 'delivered' });
  expect(asked()).toEqual(['gone@example.org', 'ops@example.org']);
  expect(passedOver).toEqual(['gone@example.org']);
});

test('an address that is deferred is tried so many times, alone, and then once for each notice', async () => {
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

test('a server that is away leaves the rest for later, and nobody gets it twice', async () => {
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

test('so many addresses are remembered for being deferred, and one past them is not', async () => {
  const to = Array.from({ length: WEARY_MAX + 1 }, (_, i) => `m${i}@example.org`);
  const { attempt, passedOver } = await mailing({ 'RCPT TO': '450 later' }, { to });
  for (let tried = 0; tried < DEFERRALS_MAX; tried += 1) await attempt('1-0');
  expect(passedOver).toEqual(to);
  expect(await attempt('2-0')).toMatchObject({ kind: 'failed', reason: expect.stringContaining(to.at(-1)!) });
  expect(passedOver.slice(to.length)).toEqual(to.slice(0, WEARY_MAX));
});

test('of a pool that was deleted its addresses never heard the end, and its filter kept nothing back', async () => {
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
