import { expect, test } from 'vitest';
import { formatListenAddress, isLoopback, parseListenAddress } from '../../src/config/listen-address.ts';
import { TextError } from '../../src/input/reader.ts';

test.each([
  { text: '127.0.0.1:5300', address: '127.0.0.1', port: 5300 },
  { text: '0.0.0.0:0', address: '0.0.0.0', port: 0 },
  { text: '192.0.2.1:65535', address: '192.0.2.1', port: 65535 },
  { text: '[::1]:53', address: '::1', port: 53 },
  { text: '[2001:db8::53]:53', address: '2001:db8::53', port: 53 },
  { text: '[::]:53', address: '::', port: 53 },
])('$text', ({ text, address, port }) => {
  expect(parseListenAddress(text)).toEqual({ address, port });
  expect(formatListenAddress({ address, port })).toBe(text);
});

test.each([
  { text: '', message: 'is not address:port, with an IPv6 address in brackets' },
  { text: '127.0.0.1', message: 'is not address:port, with an IPv6 address in brackets' },
  { text: '5300', message: 'is not address:port, with an IPv6 address in brackets' },
  { text: '::1:53', message: 'is not address:port, with an IPv6 address in brackets' },
  { text: '[127.0.0.1]:53', message: 'is not address:port, with an IPv6 address in brackets' },
  { text: '127.0.0.1:-1', message: 'is not address:port, with an IPv6 address in brackets' },
  { text: '127.0.0.1:65536', message: 'has port 65536; 65535 at most' },
  { text: 'localhost:53', message: 'has the address "localhost", which is not an IP address' },
  { text: ':53', message: 'has the address "", which is not an IP address' },
  { text: '127.1:53', message: 'has the address "127.1", which is not an IP address' },
  { text: '[fe80::1%eth0]:53', message: 'has the address "fe80::1%eth0", which is not an IP address' },
])('"$text" $message', ({ text, message }) => {
  expect(() => parseListenAddress(text)).toThrow(new TextError(message));
});

test.each([
  { address: '127.0.0.1', loopback: true, rule: 'RFC 1122 §3.2.1.3' },
  { address: '127.255.255.254', loopback: true, rule: 'RFC 1122 §3.2.1.3, all of 127/8' },
  { address: '128.0.0.1', loopback: false, rule: 'one past 127/8' },
  { address: '0.0.0.0', loopback: false, rule: 'every address of the machine' },
  { address: '192.0.2.1', loopback: false, rule: 'RFC 5737' },
  { address: '::1', loopback: true, rule: 'RFC 4291 §2.5.3' },
  { address: '0:0:0:0:0:0:0:1', loopback: true, rule: 'RFC 4291 §2.5.3, written out' },
  { address: '::', loopback: false, rule: 'every address of the machine' },
  { address: '::ffff:127.0.0.1', loopback: true, rule: 'RFC 4291 §2.5.5.2, mapped' },
  { address: '::ffff:192.0.2.1', loopback: false, rule: 'RFC 4291 §2.5.5.2, mapped' },
  { address: '2001:db8::1', loopback: false, rule: 'RFC 3849' },
])('$address is loopback: $loopback ($rule)', ({ address, loopback }) => {
  expect(isLoopback(address)).toBe(loopback);
});
