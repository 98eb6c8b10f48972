import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { expect, test, vi } from 'vitest';
import type { Monitor } from '../../../src/check/monitor.ts';
import { createResolve } from '../../../src/probe/dns/resolve.ts';
import { createPing } from '../../../src/probe/icmp/ping.ts';
import { probe } from '../../../src/probe/probe.ts';
import { DIALOGUE_OCTETS_MAX, heloName } from '../../../src/probe/smtp/smtp.ts';
import { makeCheck } from '../checks.ts';
import { enterOwnNetwork } from '../icmp/own-network.ts';
import { listen } from '../listen.ts';
import { hasOpenSmtpd, startOpenSmtpd } from './opensmtpd.ts';

const options = { resolve: createResolve(), ping: createPing() };

/** The outcome of a check against a server that does this with each connection. */
async function ask(serve: (socket: Socket) => void, monitor: Partial<Monitor> = {}) {
  const { port, connections } = await listen(
    createServer((socket) => {
      serve(socket);
      // The end of a stream that nobody reads is not noticed.
      socket.resume();
    }),
  );
  const outcome = await probe(makeCheck({ type: 'smtp', port, ...monitor }, {}), options);
  await vi.waitFor(() => expect(connections.open).toBe(0));
  return { outcome, connections };
}

/** A server that answers what it is told in turn: to the connection, to the first line, to the second. */
function answering(replies: readonly string[], heard: string[] = []) {
  return (socket: Socket) => {
    const left = [...replies];
    const say = () => socket.write(left.shift() ?? '');
    say();
    createInterface(socket).on('line', (line) => {
      heard.push(line);
      say();
    });
  };
}

test('the dialogue is greeting, HELO, QUIT', async () => {
  const heard: string[] = [];
  const { outcome } = await ask(answering(['220 hello\r\n', '250 hi\r\n', '221 bye\r\n'], heard));
  expect(outcome).toEqual({
    ok: true,
    reason: 'No failures',
    responseCode: 221,
    rttMs: expect.any(Number),
  });
  expect(heard).toEqual([expect.stringMatching(/^HELO [A-Za-z0-9.-]+$/), 'QUIT']);
});

test.each([
  { what: 'no service', replies: ['554 no\r\n'], code: 554 },
  { what: 'closing down', replies: ['421-later\r\n421 please\r\n'], code: 421 },
  { what: 'HELO refused', replies: ['220 x\r\n', '504 who?\r\n'], code: 504 },
  { what: 'QUIT refused', replies: ['220 x\r\n', '250 x\r\n', '502 never\r\n'], code: 502 },
  { what: '250 for a greeting', replies: ['250 x\r\n'], code: 250 },
])('$what: Response code mismatch error with $code', async ({ replies, code }) => {
  const { outcome } = await ask(answering(replies));
  expect(outcome).toMatchObject({ ok: false, reason: 'Response code mismatch error', responseCode: code });
});

test('replies of many lines may come in single octets', async () => {
  const { outcome } = await ask((socket) => {
    const octets = [...'220-a\r\n220 b\r\n250-a\r\n250-b\r\n250 c\r\n221 d\r\n'];
    const timer = setInterval(() => socket.write(octets.shift() ?? ''), 1);
    socket.on('close', () => clearInterval(timer));
  });
  expect(outcome.ok).toBe(true);
});

const flood = (piece: string) => (socket: Socket) => {
  const more = () => {
    while (!socket.destroyed && socket.write(piece));
  };
  socket.on('drain', more);
  more();
};

test.each<{ what: string; serve: (socket: Socket) => void; reason: string }>([
  {
    what: 'another protocol',
    serve: (s) => s.write('HTTP/1.1 400 x\r\n'),
    reason: 'SMTP Invalid Response',
  },
  { what: 'a close without a greeting', serve: (s) => s.end(), reason: 'SMTP Invalid Response' },
  {
    what: 'a close after the greeting',
    serve: (s) => s.end('220 x\r\n'),
    reason: 'SMTP Invalid Response',
  },
  {
    what: 'a close instead of 221',
    serve: (s) => {
      answering(['220 x\r\n', '250 x\r\n'])(s);
      s.on('data', (octets) => octets.includes('QUIT') && s.end());
    },
    reason: 'SMTP Invalid Response',
  },
  { what: 'an endless line', serve: flood('x'.repeat(65_536)), reason: 'SMTP Invalid Response' },
  { what: 'endless lines', serve: flood('220-x\r\n'.repeat(1_000)), reason: 'SMTP Invalid Response' },
  {
    what: 'a reset',
    serve: (s) => s.once('data', () => s.resetAndDestroy()).write('220 x\r\n'),
    reason: 'Connection Reset by Peer',
  },
])('$what: $reason', async ({ serve, reason }) => {
  expect((await ask(serve)).outcome).toMatchObject({ ok: false, reason });
});

test('limits apply before a reply is complete', async () => {
  let written = 0;
  await ask((socket) => {
    const timer = setInterval(() => {
      if (!socket.destroyed) socket.write('x'.repeat(512));
      written += 512;
    }, 1);
    socket.on('close', () => clearInterval(timer));
  });
  expect(written).toBeLessThan(DIALOGUE_OCTETS_MAX);
});

test.each<{ what: string; serve: (socket: Socket) => void }>([
  { what: 'silence', serve: () => {} },
  { what: 'half a greeting', serve: (socket) => socket.write('220-') },
  { what: 'silence after HELO', serve: (socket) => socket.write('220 x\r\n') },
  {
    what: 'an octet now and then',
    serve: (socket) => {
      const timer = setInterval(() => socket.write('2'), 20);
      socket.on('close', () => clearInterval(timer));
    },
  },
])('$what: SMTP Timeout at the deadline, with a retry', async ({ serve }) => {
  const startedMs = performance.now();
  const { outcome, connections } = await ask(serve, { timeoutSeconds: 0.2, retries: 1 });
  expect(outcome.reason).toMatch(/^SMTP Timeout$/);
  expect(performance.now() - startedMs).toBeGreaterThan(390);
  expect(performance.now() - startedMs).toBeLessThan(20_000);
  expect(connections.ever).toBe(2);
});

test('a closed port: TCP connection failed', async () => {
  const { port } = await listen(createServer());
  const outcome = await probe(makeCheck({ type: 'smtp', port }, { address: '127.0.0.2' }), options);
  expect(outcome).toMatchObject({ ok: false, reason: 'TCP connection failed', responseCode: 0 });
});

test.each([
  ['mail.example.org', 'mail.example.org'],
  ['host-1', 'host-1'],
  ['', 'localhost'],
  ['my_host', 'localhost'],
  ['a\r\nMAIL', 'localhost'],
  ['-a', 'localhost'],
  ['x'.repeat(256), 'localhost'],
])('this machine %j says HELO %s', (name, said) => expect(heloName(name)).toBe(said));

// Last, as it leaves the network of this machine.
test.runIf(hasOpenSmtpd() && enterOwnNetwork())('OpenSMTPD is healthy until it ends', async () => {
  const check = makeCheck({ type: 'smtp', port: 2525 }, {});
  expect(await probe(check, options)).toMatchObject({ ok: false, reason: 'TCP connection failed' });
  await startOpenSmtpd(2525);
  expect(await probe(check, options)).toMatchObject({ ok: true, reason: 'No failures', responseCode: 221 });
});
