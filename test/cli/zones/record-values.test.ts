import { describe, expect, test } from 'vitest';
import {
  fullName,
  presentationOf,
  type RecordShown,
  ttlIn,
  typeIn,
  valuesIn,
} from '../../../src/cli/zones/record.ts';
import { isEmpty, replacing } from '../../../src/cli/zones/record-set.ts';

const ZONE = { name: 'example.com' };

test.each([
  ['@', 'example.com', 'RFC 1035 §5.1: @ is the origin'],
  ['www', 'www.example.com', 'a relative name'],
  ['a.b', 'a.b.example.com', 'a relative name of two labels'],
  ['*.apps', '*.apps.example.com', 'a wildcard'],
  ['WWW.Example.COM', 'www.example.com', 'a full name, in any case'],
  ['www.example.com.', 'www.example.com', 'a full name as zone files write it'],
  ['notexample.com', 'notexample.com.example.com', 'a label that only ends like the zone'],
  ['www.example.net.', 'www.example.net.', 'a final dot makes a name full: the server refuses it'],
  ['bücher', 'xn--bcher-kva.example.com', 'RFC 5891: an internationalised label'],
])('the name %s is %s (%s)', (name, full) => expect(fullName(name, ZONE)).toBe(full));

test.each([
  ['A', ['192.0.2.1', '192.0.2.2'], ['192.0.2.1', '192.0.2.2'], 'each word is an address'],
  ['MX', ['10', 'mail.example.com'], ['10 mail.example.com'], 'the words of one value'],
  [
    'MX',
    ['10 a.example.com', '20 b.example.com'],
    ['10 a.example.com', '20 b.example.com'],
    'words with blanks',
  ],
  ['TXT', ['v=spf1 -all'], ['v=spf1 -all'], 'one text'],
  ['TXT', ['a', 'b'], ['a', 'b'], 'two texts'],
  ['TYPE65280', ['\\#', '2', 'abcd'], ['\\# 2 abcd'], 'RFC 3597 §5'],
])('%s %j is the values %j (%s)', (type, words, values) => expect(valuesIn(type, words)).toEqual(values));

const record = (content: string, more: Partial<RecordShown> = {}): RecordShown => ({
  ...{ id: content, name: 'www.example.com', type: 'A', content, ttl: 300 },
  ...more,
});

test.each([
  [record('mail.example.com', { type: 'MX', priority: 10 }), '10 mail.example.com'],
  [record('5 5060 sip.example.com', { type: 'SRV', priority: 0 }), '0 5 5060 sip.example.com'],
  [record('192.0.2.1', { priority: 10 }), '192.0.2.1'],
])('a record is shown in presentation form: %j', (shown, text) => expect(presentationOf(shown)).toBe(text));

describe('to replace a record set', () => {
  const wanted = (type: string, ...values: string[]) => ({ name: 'www.example.com', type, values });
  const none = { deletes: [], patches: [], posts: [] };

  test('keeps records that are wanted, deletes others and adds new ones with the TTL of the set', () => {
    const batch = replacing(
      [record('192.0.2.1'), record('192.0.2.2')],
      wanted('A', '192.0.2.2', '192.0.2.3'),
      {},
    );
    expect(batch).toEqual({
      deletes: [{ id: '192.0.2.1' }],
      patches: [],
      posts: [{ name: 'www.example.com', type: 'A', content: '192.0.2.3', ttl: 300 }],
    });
  });

  test('changes properties of records that stay', () => {
    const { patches } = replacing([record('192.0.2.1')], wanted('A', '192.0.2.1'), { ttl: 60, comment: 'x' });
    expect(patches).toEqual([{ id: '192.0.2.1', ttl: 60, comment: 'x' }]);
  });

  test('leaves the TTL of a new set to the server', () => {
    expect(replacing([], wanted('A', '192.0.2.1'), {}).posts).toMatchObject([{ ttl: 1 }]);
  });

  test('changes nothing where the set is so already', () => {
    const present = [record('192.0.2.1', { comment: 'x', tags: ['b', 'a'] })];
    const batch = replacing(present, wanted('A', '192.0.2.1', '192.0.2.1'), {
      ...{ ttl: 300, comment: 'x', tags: ['a', 'b'] },
    });
    expect(batch).toEqual(none);
    expect(isEmpty(batch)).toBe(true);
  });

  test.each([
    ['TXT', record('"v=spf1 -all"', { type: 'TXT' }), 'v=spf1 -all'],
    ['TXT', record('v=spf1 -all', { type: 'TXT' }), '"v=spf1 -all"'],
    ['MX', record('mail.example.com', { type: 'MX', priority: 10 }), '10 mail.example.com.'],
    ['AAAA', record('2001:db8::a', { type: 'AAAA' }), '2001:DB8::A'],
    ['SRV', record('5 5060 sip.example.com', { type: 'SRV', priority: 0 }), '0 5 5060 SIP.example.com.'],
    ['CAA', record('0 issue "ca.example"', { type: 'CAA' }), '0 issue ca.example'],
    ['CAA', record('0 issue "ca.example"', { type: 'CAA' }), '0\tissue  "ca.example"'],
  ])('%s: %j has the value %s', (type, present, value) => {
    expect(replacing([present], wanted(type, value), {})).toEqual(none);
  });

  test('the case of a text counts', () => {
    expect(replacing([record('"a"', { type: 'TXT' })], wanted('TXT', 'A'), {}).posts).toHaveLength(1);
  });
});

test('types and TTLs', () => {
  expect([typeIn('mx'), typeIn('TYPE65280')]).toEqual(['MX', 'TYPE65280']);
  expect([ttlIn('auto'), ttlIn('0'), ttlIn(String(2 ** 31 - 1))]).toEqual([1, 0, 2 ** 31 - 1]);
  for (const text of ['', '-1', '1h', String(2 ** 31)]) expect(() => ttlIn(text)).toThrow('seconds');
  for (const text of ['', '1', 'A B']) expect(() => typeIn(text)).toThrow('record type');
});
