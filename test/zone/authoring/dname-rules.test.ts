import { expect, test } from 'vitest';
import { Records, recordsZoneOf, type StoredRecord } from '../../../src/store/reading/records.ts';
import { dnameRuleOf } from '../../../src/zone/authoring/dname-rules.ts';
import { dnsRecord } from '../../store/contract/samples.ts';
import { zoneFile } from '../zone-file.ts';

const stored = (id: string, name: string, type: string, content: string): StoredRecord => ({
  kind: 'record',
  id,
  revision: 1,
  value: dnsRecord(id, { name, type, content }),
});

test.each([
  { of: [['a', 'DNAME', 'b.example.net.']], broken: [], rule: 'RFC 6672 §2.3' },
  {
    of: [
      ['a', 'DNAME', 'b.example.net.'],
      ['a', 'A', '192.0.2.1'],
    ],
    broken: [],
    rule: 'RFC 6672 §2.3',
  },
  {
    of: [
      ['a', 'DNAME', 'b.example.net.'],
      ['x.y.a', 'A', '192.0.2.1'],
    ],
    broken: ['0', '1'],
    rule: 'RFC 6672 §2.4',
  },
  {
    of: [
      ['a', 'DNAME', 'b.example.net.'],
      ['xa', 'A', '192.0.2.1'],
    ],
    broken: [],
    rule: 'beside it',
  },
  { of: [['file', 'DNAME', 'b.example.net.']], broken: ['0'], rule: 'above a name of the file' },
  { of: [['x.renamed', 'TXT', '"t"']], broken: ['0'], rule: 'below a DNAME of the file' },
])('$of: $broken ($rule)', ({ of, broken }) => {
  const zone = zoneFile(
    'example.org',
    '@ 60 NS ns1.example.net.\nwww.file 60 A 192.0.2.1\nrenamed 60 DNAME b.example.net.',
  );
  const records = of.map(([name, type, content], i) =>
    stored(String(i), `${name}.example.org`, type!, content!),
  );
  const { owners } = Records.of(records).inZone(recordsZoneOf(zone));
  const rule = dnameRuleOf({ ...zone, records: owners });
  expect(records.filter(({ value }) => rule(value) !== undefined).map(({ id }) => id)).toEqual(broken);
});

test('an import of 20,000 DNAMEs took 41 s: each read the 900 records of the next name, which is not below it', () => {
  const zone = zoneFile('example.org', '@ 60 NS ns1.example.net.');
  const dname = stored('d', 'd.example.org', 'DNAME', 'b.example.net.');
  const next = stored('next', 'one.example.org', 'TXT', '"t"');
  const { owners } = Records.of([dname, next]).inZone(recordsZoneOf(zone));
  const read: string[] = [];
  const watched: typeof owners = Object.create(owners, {
    get: {
      value(key: string) {
        read.push(...(owners.get(key) ?? []).map(({ id }) => id));
        return owners.get(key);
      },
    },
    keyAfter: { value: (key: string) => owners.keyAfter(key) },
  });
  expect(dnameRuleOf({ ...zone, records: watched })(dname.value)).toBeUndefined();
  expect(read).not.toContain('next');
});
