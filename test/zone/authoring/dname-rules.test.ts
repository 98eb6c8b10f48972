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
