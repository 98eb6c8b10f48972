import { expect, test } from 'vitest';
import { startTestAdmin } from '../server.ts';
import { raw } from './raw-request.ts';

const line = 'GET /livez HTTP/1.1\r\n';
const noHost = 'it has no Host field (RFC 9112 §3.2)';
const badHost = 'its Host field is not a host with or without a port (RFC 9112 §3.2)';
test.each([
  { head: `${line}\r\n`, why: noHost },
  { head: `${line}Host: a\r\nHost: a\r\n\r\n`, why: 'it has 2 Host fields instead of one (RFC 9112 §3.2)' },
  { head: `${line}Host: a\r\nhOST: b\r\n\r\n`, why: 'it has 2 Host fields instead of one (RFC 9112 §3.2)' },
  { head: `${line}Host: a b\r\n\r\n`, why: badHost },
  { head: `${line}Host: http://a\r\n\r\n`, why: badHost },
  { head: `${line}Host: a:80:80\r\n\r\n`, why: badHost },
  { head: `${line}Host: a\r\nHost: b\r\nExpect: miracles\r\n\r\n`, why: 'it has 2 Host fields' },
  { head: 'GET /livez HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n', why: 'it has 2 Host fields' },
])(
  'a request with wrong Host fields gets an error in the envelope, and its connection ends: $head',
  async (row) => {
    const api = await startTestAdmin();
    const answer = await raw(api, `${row.head}GET /livez HTTP/1.1\r\nHost: a\r\n\r\n`);
    expect(answer).toMatchObject({ status: 400, body: { success: false, result: null } });
    expect(answer.body.errors).toEqual([
      { code: 1400, message: expect.stringContaining(`This is not an HTTP request: ${row.why}`) },
    ]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  },
);

test.each(['Host: ', 'Host: a', 'Host: [2001:db8::1]:8080', 'Host: 192.0.2.1:', 'Host: a%20b.example'])(
  'a request with one valid Host field is answered: %s',
  async (host) => {
    const api = await startTestAdmin();
    const answer = await raw(api, `${line}${host}\r\nConnection: close\r\n\r\n`);
    expect(answer).toMatchObject({ status: 200, body: { live: true } });
  },
);
