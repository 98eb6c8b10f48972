import { expect, test } from 'vitest';
import {
  COOKIE_AGE_SECONDS_MAX,
  COOKIE_AHEAD_SECONDS_MAX,
  createCookies,
} from '../../../src/answer/edns/cookie.ts';
import { newExchange, Transport } from '../../../src/answer/exchange.ts';
import { sipHashKey } from '../../../src/dns/siphash.ts';

const hex = (text: string) => Uint8Array.from(Buffer.from(text, 'hex'));
const secret = (text: string) => sipHashKey(hex(text));

/** An exchange of this client that brings these octets and has room for the answer. */
function exchangeOf(peer: Uint8Array, query: Uint8Array, reply = new Uint8Array(24)) {
  return {
    ...newExchange(Transport.UDP),
    query,
    reply,
    peer: Uint8Array.from([9, ...peer]),
    peerAt: 1,
    peerOctets: peer.length,
  };
}

test('makes the cookie of RFC 9018 appendix A.1', () => {
  const cookies = createCookies([secret('e5e973e5a6b2a43f48e7dc849e37bfcf')]);
  const out = new Uint8Array(18);
  cookies.write(exchangeOf(hex('c6336464'), hex('2464c4abcf10c957'), out), 0, 1, 1_559_731_985);
  expect(Buffer.from(out).toString('hex')).toBe('00010000005cf79f111f8130c3eee2948000');
});

const key = secret('000102030405060708090a0b0c0d0e0f');
const old = secret('0f0e0d0c0b0a09080706050403020100');
const client = hex('0011223344556677');
const peer4 = hex('c0000201');
const peer6 = hex('20010db8000000000000000000000001');
const NOW = 1_800_000_000;

function made(by: typeof key, peer = peer4, nowSeconds = NOW): Uint8Array {
  const option = new Uint8Array(24);
  option.set(client);
  createCookies([by]).write(exchangeOf(peer, client, option), 0, 8, nowSeconds);
  return option;
}

test.each([
  { what: 'its own', option: made(key), peer: peer4, valid: true },
  { what: 'the cookie of the same client over IPv6', option: made(key, peer6), peer: peer6, valid: true },
  { what: 'a cookie of the previous secret', option: made(old), peer: peer4, valid: true },
  { what: 'a cookie of an unknown secret', option: made(secret('ff'.repeat(16))), peer: peer4, valid: false },
  { what: 'a cookie of another client', option: made(key), peer: hex('c0000202'), valid: false },
  { what: 'the oldest', option: made(key, peer4, NOW - COOKIE_AGE_SECONDS_MAX), peer: peer4, valid: true },
  { what: 'an older', option: made(key, peer4, NOW - COOKIE_AGE_SECONDS_MAX - 1), peer: peer4, valid: false },
  { what: 'the newest', option: made(key, peer4, NOW + COOKIE_AHEAD_SECONDS_MAX), peer: peer4, valid: true },
  {
    what: 'a newer',
    option: made(key, peer4, NOW + COOKIE_AHEAD_SECONDS_MAX + 1),
    peer: peer4,
    valid: false,
  },
  { what: 'another version', option: made(key).with(8, 2), peer: peer4, valid: false },
  { what: 'a flipped bit', option: made(key).with(23, made(key)[23]! ^ 1), peer: peer4, valid: false },
  { what: 'only the client part', option: client, peer: peer4, valid: false },
])('$what: valid $valid (RFC 9018 §4.3)', ({ option, peer, valid }) => {
  const cookies = createCookies([key, old]);
  const octets = Buffer.concat([Buffer.from('xx'), option]);
  expect(cookies.isValid(exchangeOf(peer, octets), 2, option.length, NOW)).toBe(valid);
});

test('a cookie from before 2106 is valid after it (RFC 1982)', () => {
  const late = 0xffff_fff0;
  const option = made(key, peer4, late);
  expect(createCookies([key]).isValid(exchangeOf(peer4, option), 0, 24, (late + 60) | 0)).toBe(true);
});
