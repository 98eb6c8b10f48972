import { expect, test } from 'vitest';
import { REFERENCES_MAX } from '../../src/config/references.ts';
import { load, problemsOf } from './loading.ts';

const file = (...targets: string[]) => `monitor: { references: ${JSON.stringify(targets)} }`;

test.each([
  { text: 'tcp://192.0.2.1:53', type: 'tcp', address: '192.0.2.1', port: 53, path: '/' },
  { text: 'tcp://[2001:db8::1]:53', type: 'tcp', address: '2001:db8::1', port: 53, path: '/' },
  { text: 'tcp://www.example.org:25', type: 'tcp', address: 'www.example.org', port: 25, path: '/' },
  { text: 'http://192.0.2.1', type: 'http', address: '192.0.2.1', port: 80, path: '/' },
  {
    text: 'https://www.example.org/a?b=c',
    type: 'https',
    address: 'www.example.org',
    port: 443,
    path: '/a?b=c',
  },
  { text: 'http://[2001:db8::1]:8080/x', type: 'http', address: '2001:db8::1', port: 8080, path: '/x' },
])('$text is a reference target', (target) => {
  const loaded = load(file(target.text));
  expect(loaded.ok && loaded.config.monitor.references).toEqual([target]);
});

test.each([
  { text: '192.0.2.1:53', rule: 'must be tcp://address:port' },
  { text: 'udp://192.0.2.1:53', rule: 'must be tcp://address:port' },
  { text: 'tcp://192.0.2.1', rule: 'needs a port' },
  { text: 'http://192.0.2.1:0', rule: 'needs a port' },
  { text: 'tcp://192.0.2.1:65536', rule: 'must be tcp://address:port' },
  { text: 'tcp://192.0.2.1:53/path', rule: 'must end after the port' },
  { text: 'http://user@192.0.2.1/', rule: 'not have a user' },
])('$text is refused: $rule', ({ text, rule }) => {
  expect(problemsOf(file(text))).toEqual([expect.stringContaining(rule)]);
});

test('at most REFERENCES_MAX reference targets are allowed', () => {
  const targets = Array.from({ length: REFERENCES_MAX }, (_, i) => `tcp://192.0.2.1:${i + 1}`);
  expect(problemsOf(file(...targets))).toEqual([]);
  expect(problemsOf(file(...targets, 'tcp://192.0.2.1:99'))).toHaveLength(1);
});
