import { expect, test } from 'vitest';
import { FOREIGN_NAMED_MAX, logForeignAliases } from '../../../src/serve/alarm/foreign-aliases-log.ts';
import { Records } from '../../../src/store/reading/records.ts';
import { byApex } from '../../../src/zone/contents/zones.ts';
import { dnsRecord } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const cname = (name: string, content: string, flatten = true) => {
  const value = dnsRecord(name, {
    zoneName: 'example.com',
    name,
    type: 'CNAME',
    content,
    settings: { flatten_cname: flatten },
  });
  return { kind: 'record', id: name, revision: 1, value } as const;
};

async function logged(...records: ReturnType<typeof cname>[]): Promise<object[]> {
  const NS = '@ 60 NS ns1.example.net.';
  const { owners } = Records.of(records).inZone({ zoneName: 'example.com' });
  const zones = byApex([{ ...zoneFile('example.com', NS), records: owners }, zoneFile('example.org', NS)]);
  const lines: object[] = [];
  await logForeignAliases(zones, { warn: (fields: object) => lines.push(fields) });
  return lines;
}

test('CNAMEs that stand for addresses of other servers answered nothing, and no log line said so', async () => {
  expect(
    await logged(
      cname('a.example.com', 'www.example.org.'),
      cname('b.example.com', 'www.example.net.'),
      cname('c.example.com', 'www.example.net.', false),
      cname('example.com', 'www.example.net.', false),
      cname('d.example.com', 'A.Example.COM.'),
    ),
  ).toEqual([
    { count: 2, records: ['example.com to www.example.net.', 'b.example.com to www.example.net.'] },
  ]);
});

test('at most ten are named, and none is no line', async () => {
  expect(await logged(cname('a.example.com', 'www.example.org.'))).toEqual([]);
  const many = Array.from({ length: FOREIGN_NAMED_MAX + 1 }, (_, i) => cname(`x${i}.example.com`, 'x.net.'));
  expect(await logged(...many)).toEqual([
    { count: FOREIGN_NAMED_MAX + 1, records: expect.objectContaining({ length: FOREIGN_NAMED_MAX }) },
  ]);
});
