import { expect, test } from 'vitest';
import { foldName, formatName, parseName, prependLabel, type WireName } from '../../src/dns/name.ts';
import { parseRdata, printRdata } from '../../src/rdata/rdata.ts';
import { recordTypeName, recordTypeNumber } from '../../src/rdata/record-type.ts';
import { CHUNK_CHARACTERS, printZoneFile } from '../../src/zone-file/print-zone-file.ts';
import { parseRemark, type Remark } from '../../src/zone-file/remark.ts';
import fc, { anyText } from '../support/property.ts';
import { line, read } from './reading.ts';

const APEX = parseName('example.org');

interface WireRecord {
  readonly owner: WireName;
  readonly ttlSeconds: number;
  readonly type: number;
  readonly rdata: Uint8Array;
  readonly remark?: Remark;
}

/** Prints records from their wire form. */
function print(comments: readonly string[], records: readonly WireRecord[]): string[] {
  const printed = records.map(({ owner, type, rdata: octets, ...rest }) => ({
    ...rest,
    owner: formatName(owner),
    type: recordTypeName(type),
    content: printRdata(type, octets),
  }));
  return [...printZoneFile(comments, printed)];
}

const rdata = (type: string, text: string) => {
  const number = recordTypeNumber(type)!;
  return { type: number, rdata: parseRdata(number, text) };
};

test('each record has a line of its own, with all that it needs', () => {
  const records = [
    {
      owner: APEX,
      ttlSeconds: 60,
      ...rdata('SOA', 'Ns1.example.org. host.example.org. 7 3600 600 86400 30'),
    },
    {
      owner: APEX,
      ttlSeconds: 5,
      ...rdata('MX', '10 Mail.example.net'),
      remark: { comment: 'mail', tags: ['a'] },
    },
    {
      owner: parseName('*.example.org'),
      ttlSeconds: 5,
      ...rdata('TXT', '"a;b" "c\\"d"'),
      remark: { tags: [] },
    },
    { owner: parseName('$\\.@.example.org'), ttlSeconds: 5, ...rdata('TYPE65280', '\\# 2 abcd') },
  ];
  const text = print(['Zone example.org.'], records).join('');
  expect(text).toBe(
    [
      ';; Zone example.org.',
      'example.org.\t60\tIN\tSOA\tNs1.example.org. host.example.org. 7 3600 600 86400 30',
      'example.org.\t5\tIN\tMX\t10 Mail.example.net. ; mail cf_tags=a',
      '*.example.org.\t5\tIN\tTXT\t"a;b" "c\\"d"',
      '\\$\\.\\@.example.org.\t5\tIN\tTYPE65280\t\\# 2 abcd',
      '',
    ].join('\n'),
  );
});

test('chunks are bounded', () => {
  const records = Array.from({ length: 10_000 }, () => ({
    owner: APEX,
    ttlSeconds: 5,
    ...rdata('A', '192.0.2.1'),
  }));
  const chunks = print([], records);
  expect(chunks.join('').split('\n')).toHaveLength(10_001);
  expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(CHUNK_CHARACTERS + 100);
});

test('records are read back as they were', () => {
  /** Any octets but none above 63 of them, one at least. */
  const label = fc.uint8Array({ minLength: 1, maxLength: 63 });
  const owner = fc.array(label, { maxLength: 2 }).map((labels) =>
    labels.reduce<WireName>((name, octets) => {
      const wire = new Uint8Array(1 + octets.length + name.length);
      wire.set([octets.length]);
      wire.set(octets, 1);
      wire.set(name, 1 + octets.length);
      return foldName(wire);
    }, APEX),
  );
  const octets = fc.uint8Array({ maxLength: 300 });
  const data = fc.oneof(
    octets.map((each) => rdata('TYPE65280', `\\# ${each.length} ${Buffer.from(each).toString('hex')}`)),
    fc.array(fc.uint8Array({ maxLength: 255 }), { minLength: 1, maxLength: 3 }).map((strings) => ({
      type: recordTypeNumber('TXT')!,
      rdata: Uint8Array.from(strings.flatMap((each) => [each.length, ...each])),
    })),
    owner.map((each) => ({ type: recordTypeNumber('CNAME')!, rdata: each as Uint8Array })),
    fc.constantFrom(
      rdata('A', '192.0.2.1'),
      rdata('AAAA', '2001:db8::1'),
      rdata('SRV', '1 2 3 Www.example.net'),
      rdata('CAA', '0 issue "ca.example.net; a=\\"b\\""'),
      rdata('NAPTR', '1 2 "u" "E2U+sip" "!^.*$!sip:a@b!" .'),
      rdata('HTTPS', '1 . alpn="h2,h3" ipv4hint=192.0.2.1'),
    ),
  );
  const record = fc
    .record({
      owner,
      ttlSeconds: fc.nat(2 ** 31 - 1),
      data,
      comment: fc.option(anyText(20), { nil: undefined }),
    })
    .map(({ data: each, comment, ...rest }) => ({
      ...rest,
      ...each,
      ...(comment ? { remark: { comment, tags: ['a:b;c', 'd'] } } : {}),
    }));
  fc.assert(
    fc.property(fc.array(record, { maxLength: 6 }), (records) => {
      const text = print(['any'], records).join('');
      const { problems, records: found } = read(text);
      expect(problems).toEqual([]);
      expect(found.map(line)).toEqual(records.map(line));
      expect(found.map(({ comment }) => comment && parseRemark(comment))).toEqual(
        records.map(({ remark }) => remark),
      );
      expect(found.map(({ rdata: each }) => Buffer.from(each))).toEqual(
        records.map(({ rdata: each }) => Buffer.from(each)),
      );
    }),
  );
});

test('an owner of one octet that means something in a zone file is read back', () => {
  const owners = [...'$@;"().\\ '].map((octet) =>
    prependLabel(`\\${String(octet.charCodeAt(0)).padStart(3, '0')}`, APEX),
  );
  const records = owners.map((owner) => ({ owner, ttlSeconds: 5, ...rdata('A', '192.0.2.1') }));
  expect(read(print([], records).join('')).lines).toEqual(records.map(line));
});
