import { expect, test } from 'vitest';
import { parseDnsQuestion } from '../../src/check/dns-question.ts';
import { formatName } from '../../src/dns/name.ts';

test.each([
  ['/www.example.org/A', 'www.example.org.', 1],
  ['/WWW.example.org./aaaa', 'www.example.org.', 28],
  ['/./NS', '.', 2],
  ['/0/25.2.0.192.in-addr.arpa/PTR', '0/25.2.0.192.in-addr.arpa.', 12],
  ['/_dns.example.org/SRV', '_dns.example.org.', 33],
  ['/a\\.b.example.org/TXT', 'a\\.b.example.org.', 16],
])('%s asks for %s type %d', (path, name, type) => {
  const question = parseDnsQuestion(path);
  expect(question && [formatName(question.name), question.type]).toEqual([name, type]);
});

test.each([
  '',
  '/',
  '//A',
  '/www.example.org',
  '/www.example.org/',
  'www.example.org/A',
  '/www.example.org/A/',
  '/www.example.org/A?x',
  '/www..example.org/A',
  `/${'a'.repeat(64)}.example.org/A`,
  '/www.example.org/ANY',
  '/www.example.org/AXFR',
  '/www.example.org/OPT',
  '/www.example.org/constructor',
  '/www.example.org/TYPE1',
])('%s is not a question', (path) => expect(parseDnsQuestion(path)).toBeUndefined());
