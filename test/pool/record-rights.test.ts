import { expect, test } from 'vitest';
import { mayUseRecord, recordRightsOf } from '../../src/pool/record-rights.ts';

test.each([
  ['www.example.org', 'www.example.org', true],
  ['WWW.example.org.', 'www.example.org', true],
  ['www.example.org', 'xwww.example.org', false],
  ['_acme-challenge.*', '_acme-challenge.example.org', true],
  ['_acme-challenge.*', '_acme-challenge.a.b.example.org', true],
  ['_acme-challenge.*', 'x._acme-challenge.example.org', false],
  ['*.dyn.example.org', 'home.dyn.example.org', true],
  ['*.dyn.example.org', 'dyn.example.org', false],
  ['*', 'example.org', true],
  ['a*b', 'ab', true],
  ['a*a', 'a', false],
  ['a*b*c', 'a.b.x.c', true],
  ['a*b*c', 'a.c.b', false],
  ['a*b*b', 'ab', false],
])('the name %s of a token, and %s', (pattern, name, may) => {
  const rights = recordRightsOf({ names: [pattern] });
  expect(mayUseRecord(rights, { zoneName: 'example.org', name, type: 'A' })).toBe(may);
});

test('every list that is there must hold', () => {
  const rights = recordRightsOf({ zones: ['Example.org.'], names: ['www.*'], types: ['txt'] });
  const record = { zoneName: 'example.org', name: 'www.example.org', type: 'TXT' };
  expect(mayUseRecord(rights, record)).toBe(true);
  expect(mayUseRecord(rights, { ...record, zoneName: 'example.net' })).toBe(false);
  expect(mayUseRecord(rights, { ...record, name: 'ftp.example.org' })).toBe(false);
  expect(mayUseRecord(rights, { ...record, type: 'A' })).toBe(false);
});
