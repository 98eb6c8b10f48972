import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { MailServer } from '../../src/config/notified.ts';
import { MAIL_DEADLINE_MS, type Mail, REPLY_OCTETS_MAX, sendMail } from '../../src/notify/mail.ts';
import { createResolve } from '../../src/probe/dns/resolve.ts';
import { makeCertificates } from '../probe/certificates.ts';
import { hasOpenSmtpd, startOpenSmtpd } from '../probe/smtp/opensmtpd.ts';
import { startScriptedServer } from './smtp-server.ts';

const MAIL: Mail = {
  to: 'ops@example.org',
  subject: 'Lifeguard: wéb-1 of pool web is unhealthy',
  text: 'It is down.\n.\nReally.\n',
  id: '<7-0.lifeguard@example.org>',
  atMs: Date.parse('2026-11-22T12:10:52Z'),
};
const means = { deadlineMs: MAIL_DEADLINE_MS, resolve: createResolve() };
const soon = { ...means, deadlineMs: 300 };
const PORT = 2526;

describe.runIf(hasOpenSmtpd())('OpenSMTPD', () => {
  test('OpenSMTPD accepts a mail, and refuses an unknown address', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'lifeguard-mail-'));
    onTestFinished(() => rmSync(directory, { recursive: true }));
    // OpenSMTPD delivers as the user that the address belongs to.
    const box = join(directory, 'box');
    for (const each of ['', 'new', 'cur', 'tmp']) {
      mkdirSync(join(box, each), { recursive: true });
      chmodSync(join(box, each), 0o777);
    }
    chmodSync(directory, 0o755);
    await startOpenSmtpd(
      PORT,
      `table people { "@example.org" = "nobody" }
action "keep" maildir "${box}" virtual <people>
match from any for domain "example.org" action "keep"
`,
    );
    const server: MailServer = {
      host: '127.0.0.1',
      port: PORT,
      security: 'none',
      from: 'lifeguard@example.org',
      to: [],
      filter: {},
    };
    // Its queue outlasts it: what other tests left there may come, too.
    const mail = { ...MAIL, id: `<${randomUUID()}@example.org>` };
    const kept = new Promise<string>((resolve) => {
      const watcher = watch(join(box, 'new'), () => {
        for (const name of readdirSync(join(box, 'new'))) {
          const found = readFileSync(join(box, 'new', name), 'utf8');
          if (found.includes(mail.id)) resolve(found);
        }
      });
      onTestFinished(() => watcher.close());
    });
    expect(await sendMail(server, mail, means)).toEqual({ kind: 'delivered' });
    const text = await kept;
    expect(text).toContain('\nFrom: Lifeguard <lifeguard@example.org>\n');
    expect(text).toContain('\nTo: ops@example.org\n');
    expect(text).toMatch(/\nSubject: =\?UTF-8\?/);
    expect(text).toContain('\nDate: Sun, 22 Nov 2026 12:10:52 +0000\n');
    expect(text).toContain('\n\nIt is down.\n.\nReally.\n');

    const nobody = { ...MAIL, to: 'ops@other.example.com' };
    expect(await sendMail(server, nobody, means)).toEqual({
      kind: 'refused',
      reason: 'EENVELOPE RCPT TO 550',
    });
  });
});

test.each([
  'a<b>@example.org',
  'a b@example.org',
  'a\r\nRCPT TO:<b@example.org>@example.org',
  'ä@example.org',
])('the address %j is refused, and never becomes two recipients', async (to) => {
  const { server, lines } = await startScriptedServer({ 'RCPT TO': '501 no such address' });
  expect(await sendMail(server, { ...MAIL, to }, means)).toMatchObject({ kind: 'refused' });
  expect(lines.filter((line) => line.startsWith('RCPT')).length).toBeLessThan(2);
});

test('a line break in the subject adds no header field', async () => {
  const { server, lines } = await startScriptedServer();
  const mail = { ...MAIL, subject: 'a\r\nBcc: other@example.org\r\n\r\nb' };
  expect(await sendMail(server, mail, means)).toEqual({ kind: 'delivered' });
  expect(lines.filter((line) => /^(Bcc|RCPT TO:<other)/i.test(line))).toEqual([]);
});

describe('each reply of the server gives an outcome', () => {
  test.each([
    { says: {}, kind: 'delivered' },
    { says: { '': '421 too busy' }, kind: 'failed', reason: /421/ },
    { says: { '': '554 not you' }, kind: 'failed', reason: /554/ },
    { says: { 'MAIL FROM': '550 who are you?' }, kind: 'failed', reason: /MAIL FROM 550/ },
    { says: { 'RCPT TO': '550 nobody here' }, kind: 'refused', reason: /RCPT TO 550/ },
    { says: { 'RCPT TO': '450 greylisted' }, kind: 'deferred', reason: /RCPT TO 450/ },
    { says: { 'RCPT TO': '421 going away' }, kind: 'failed', reason: /421/ },
    { says: { DATA: '451 no space' }, kind: 'failed', reason: /DATA 451/ },
    { says: { '.': '451 no space' }, kind: 'failed', reason: /DATA 451/ },
    { says: { '.': '554 looks like spam' }, kind: 'refused', reason: /DATA 554/ },
    { says: { 'RCPT TO': 'garbage' }, kind: 'failed', reason: / / },
  ])('$says: $kind', async ({ says, kind, reason }) => {
    const { server } = await startScriptedServer(says);
    const attempt = await sendMail(server, MAIL, means);
    expect(attempt).toEqual(reason ? { kind, reason: expect.stringMatching(reason) } : { kind });
  });
});

describe('a server that fails', () => {
  test.each(['', 'EHLO', 'RCPT TO', 'DATA', '.'])('the server hangs at %j', async (where) => {
    const { server } = await startScriptedServer({ [where]: undefined });
    expect(await sendMail(server, MAIL, soon)).toEqual({
      kind: 'failed',
      reason: 'not sent within 300 ms',
    });
  });

  test('an endless reply is read up to the bound, and fails one octet later', async () => {
    const begun = (octets: number) => `220-${'x'.repeat(octets - '220-'.length)}`;
    const still = await startScriptedServer({ '': begun(REPLY_OCTETS_MAX) });
    expect(await sendMail(still.server, MAIL, soon)).toMatchObject({
      reason: 'not sent within 300 ms',
    });
    const { server } = await startScriptedServer({ '': begun(REPLY_OCTETS_MAX + 1) });
    expect(await sendMail(server, MAIL, means)).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('EPROTOCOL'),
    });
  });

  test('no server listens', async () => {
    const { server } = await startScriptedServer();
    expect(await sendMail({ ...server, port: 1 }, MAIL, means)).toEqual({
      kind: 'failed',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('targets that get no mail', () => {
  const denied = '169.254.169.254';

  test.each([denied, `::ffff:${denied}`, '::', 'fe80::1'])('the address %s is denied', async (host) => {
    const { server } = await startScriptedServer();
    expect(await sendMail({ ...server, host }, MAIL, soon)).toEqual({
      kind: 'failed',
      reason: expect.stringContaining(`The target ${host} is denied`),
    });
  });

  test('a host name gets mail only at its allowed addresses', async () => {
    const { server, lines } = await startScriptedServer();
    const named = { ...server, host: 'mail.example.org' };
    let asked = 0;
    const resolving = (...addresses: string[]) => ({
      ...means,
      resolve: async () => {
        asked += 1;
        return { addresses };
      },
    });
    expect(await sendMail(named, MAIL, resolving(denied))).toEqual({
      kind: 'failed',
      reason: expect.stringContaining(`The target ${denied} is denied`),
    });
    expect(lines).toEqual([]);
    expect(await sendMail(named, MAIL, resolving(denied, '127.0.0.1'))).toEqual({ kind: 'delivered' });
    // What is judged is what is connected to: each mail looks its server up once.
    expect(asked).toBe(2);
  });

  test('a resolver that hangs and an unknown host name both fail', async () => {
    const { server } = await startScriptedServer();
    const named = { ...server, host: 'mail.example.org' };
    const silent = { ...soon, resolve: () => new Promise<never>(() => {}) };
    expect(await sendMail(named, MAIL, silent)).toMatchObject({ reason: 'not sent within 300 ms' });
    const resolve = () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await sendMail(named, MAIL, { ...means, resolve })).toEqual({
      kind: 'failed',
      reason: 'ENOTFOUND',
    });
  });
});

describe('TLS', () => {
  const { authority, good, otherName, selfSigned } = makeCertificates();
  const login = { user: 'me', password: 'pa ss' };
  const trusting = { ...means, authorities: authority };

  test('the login is sent over STARTTLS to a trusted server', async () => {
    const { server, lines } = await startScriptedServer({}, good);
    const safe = { ...server, security: 'starttls', login } as const;
    expect(await sendMail(safe, MAIL, trusting)).toEqual({ kind: 'delivered' });
    const auth = `AUTH PLAIN ${Buffer.from('\0me\0pa ss').toString('base64')}`;
    expect(lines.filter((line) => /^(STARTTLS|AUTH)/.test(line))).toEqual(['STARTTLS', auth]);
  });

  test('a refused login fails, and the reason does not contain the password', async () => {
    const { server } = await startScriptedServer({ AUTH: '535 pa ss is wrong' }, good);
    const safe = { ...server, security: 'starttls', login } as const;
    const attempt = await sendMail(safe, MAIL, trusting);
    expect(attempt).toEqual({ kind: 'failed', reason: expect.stringContaining('EAUTH') });
    expect(JSON.stringify(attempt)).not.toContain('pa ss');
  });

  test.each([
    { which: 'another name', pair: otherName },
    { which: 'itself', pair: selfSigned },
  ])('a certificate of $which fails, and no login and no mail is sent', async ({ pair }) => {
    const { server, lines } = await startScriptedServer({}, pair);
    const safe = { ...server, security: 'starttls', login } as const;
    expect(await sendMail(safe, MAIL, trusting)).toMatchObject({ kind: 'failed' });
    expect(lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
  });

  test.each([
    { security: 'starttls', host: 'www.example.org' },
    { security: 'starttls', host: 'www.example.org.' },
    { security: 'tls', host: 'www.example.org' },
    { security: 'tls', host: 'www.example.org.' },
    { security: 'tls', host: '127.0.0.1' },
  ] as const)('$security to $host: SNI has no final dot and no address (RFC 6066 §3)', async (row) => {
    const names: string[] = [];
    const SNICallback = (name: string, done: (error: null) => void) => {
      names.push(name);
      done(null);
    };
    const { server } = await startScriptedServer({}, { ...good, SNICallback }, row.security === 'tls');
    const resolve = async () => ({ addresses: ['127.0.0.1'] });
    const safe = { ...server, ...row, login };
    expect(await sendMail(safe, MAIL, { ...trusting, resolve })).toEqual({ kind: 'delivered' });
    expect(names).toEqual(row.host === '127.0.0.1' ? [] : ['www.example.org']);
  });

  test('with TLS from the start, an untrusted certificate is the reason of the failure', async () => {
    const { server } = await startScriptedServer({}, selfSigned, true);
    expect(await sendMail({ ...server, security: 'tls' }, MAIL, trusting)).toEqual({
      kind: 'failed',
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  test('a server without STARTTLS gets no login and no mail', async () => {
    const { server, lines } = await startScriptedServer({ STARTTLS: '502 what?' });
    const safe = { ...server, security: 'starttls', login } as const;
    expect(await sendMail(safe, MAIL, trusting)).toMatchObject({ kind: 'failed' });
    expect(lines.filter((line) => /^(AUTH|MAIL)/.test(line))).toEqual([]);
  });
});
