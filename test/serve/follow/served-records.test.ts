import { expect, test, vi } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { createAlarms } from '../../../src/serve/alarm/alarms.ts';
import { createServedState } from '../../../src/serve/follow/served-state.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { createServedZones } from '../../../src/serve/publish/served-zones.ts';
import type { Change, StoredDocument } from '../../../src/store/contract/documents.ts';
import { holdingOf } from '../../../src/store/reading/all-documents.ts';
import type { DnsRecord } from '../../../src/zone/dns-record.ts';
import { asking } from '../../answer/answering.ts';
import { dnsRecord, zone } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';

const stored = (revision: number, value: DnsRecord): StoredDocument => ({
  kind: 'record',
  id: value.id,
  revision,
  value,
});
const put = (revision: number, ...values: readonly DnsRecord[]): Change => ({
  revision,
  entries: values.map((value) => ({ op: 'put', document: stored(revision, value) })),
});
const drop = (revision: number, kind: 'record' | 'zone', id: string): Change => ({
  revision,
  entries: [{ op: 'delete', kind, id }],
});

/** A node with a zone of its configuration file, example.org, and what the store has at revision 1. */
function startNode(documents: readonly StoredDocument[]) {
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const zones = createServedZones([
    zoneFile('example.org', '@ 60 NS ns1.example.net.\nwww 60 A 192.0.2.1\nalias 60 CNAME www.example.org.'),
  ]);
  const leftOut: string[] = [];
  const failed = (_: unknown, error: unknown): never => {
    throw error;
  };
  const publisher = createPublisher([], table, failed, undefined, zones, undefined, {
    leftOut: ({ record, fault }) => void leftOut.push(`${record.id} ${fault}`),
  });
  const log = { info() {}, warn() {}, error() {} };
  const state = createServedState({
    publisher,
    zones,
    probersPerRegion: 1,
    alarms: createAlarms(log as never),
    failed(error) {
      throw error;
    },
  });
  state.replace({ epoch: 'e', revision: 1, ...holdingOf(documents), deletions: { since: 0, pool: 0 } });
  const { ask } = asking(reader);
  return {
    state,
    leftOut,
    async until(revision: number) {
      await vi.waitFor(() => expect(publisher.revision).toBe(revision));
    },
    answers: (name: string, type: 'A' | 'TXT' | 'CNAME' | 'SOA' | 'DS') =>
      ask({ name, type })
        .answer.map(({ line }) => line.replaceAll(/\s+/g, ' '))
        .sort(),
    rcodeOf: (name: string) => ask({ name, type: 'A' }).rcode,
  };
}

const inZone = (id: string, over: Partial<DnsRecord>) =>
  dnsRecord(id, { zoneId: 'z1', zoneName: 'z1.example.org', name: 'a.z1.example.org', ...over });

test('records of the store are answered in zones of the file and of the API, follow each change, and go with their zone', async () => {
  const node = startNode([
    {
      kind: 'zone',
      id: 'z1',
      revision: 1,
      value: zone('z1', { settings: { ns: [{ name: 'ns1.example.net' }] } }),
    },
    stored(1, dnsRecord('r1', { name: 'new.example.org', ttl: 1 })),
    stored(1, inZone('r2', { content: '192.0.2.2', ttl: 120 })),
    stored(1, inZone('r3', { content: '192.0.2.3', ttl: 60 })),
    // Of a zone that is gone.
    stored(1, inZone('r4', { zoneId: 'z0', content: '192.0.2.4' })),
  ]);
  node.state.publication.publishSoon();
  await node.until(1);
  // TTL 1 is automatic, and a set has one TTL (RFC 2181 §5.2).
  expect(node.answers('new.example.org', 'A')).toEqual(['new.example.org. 300 A 192.0.2.1']);
  expect(node.answers('a.z1.example.org', 'A')).toEqual([
    'a.z1.example.org. 60 A 192.0.2.2',
    'a.z1.example.org. 60 A 192.0.2.3',
  ]);
  const serial = node.answers('example.org', 'SOA');
  node.state.apply(put(2, inZone('r3', { content: '192.0.2.33', ttl: 60 })));
  await node.until(2);
  expect(node.answers('a.z1.example.org', 'A').at(-1)).toBe('a.z1.example.org. 60 A 192.0.2.33');
  expect(node.answers('example.org', 'SOA')).toEqual(serial);
  node.state.apply(drop(3, 'record', 'r1'));
  await node.until(3);
  expect(node.rcodeOf('new.example.org')).toBe(3);
  node.state.apply(drop(4, 'zone', 'z1'));
  await node.until(4);
  expect(node.answers('a.z1.example.org', 'A')).toEqual([]);
  expect(node.leftOut).toEqual([]);
  node.state.stop();
});

test('of records that cannot be together each node leaves out the later ones, whatever came first, and those of the file stay', async () => {
  const node = startNode([
    stored(1, dnsRecord('b', { name: 'x.example.org', createdOn: '2' })),
    stored(1, dnsRecord('c', { name: 'x.example.org', type: 'TXT', content: '"t"', createdOn: '3' })),
    stored(1, dnsRecord('d', { name: 'x.example.org', createdOn: '4' })),
    stored(1, dnsRecord('e', { name: 'www.example.org', content: '192.0.2.9' })),
    stored(1, dnsRecord('f', { name: 'alias.example.org' })),
    stored(1, dnsRecord('g', { name: 'y.example.org', content: 'no address' })),
    stored(1, dnsRecord('h', { name: 'outside.example.net' })),
  ]);
  node.state.publication.publishSoon();
  await node.until(1);
  expect([...new Set(node.leftOut)].sort()).toEqual([
    'd duplicate',
    'e of_file',
    'f beside_cname',
    'g unreadable',
  ]);
  expect(node.answers('www.example.org', 'A')).toEqual(['www.example.org. 60 A 192.0.2.1']);
  expect(node.rcodeOf('y.example.org')).toBe(3);
  // It is older than all others at its name.
  node.state.apply(
    put(
      2,
      dnsRecord('a', { name: 'x.example.org', type: 'CNAME', content: 'www.example.org.', createdOn: '1' }),
    ),
  );
  await node.until(2);
  expect(node.answers('x.example.org', 'CNAME')).toEqual(['x.example.org. 300 CNAME www.example.org.']);
  expect(node.answers('x.example.org', 'TXT')).toHaveLength(1);
  expect(node.leftOut.slice(-3)).toEqual(['b beside_cname', 'c beside_cname', 'd beside_cname']);
  node.state.apply(drop(3, 'record', 'a'));
  await node.until(3);
  expect(node.answers('x.example.org', 'A')).toEqual(['x.example.org. 300 A 192.0.2.1']);
  node.state.stop();
});

test('a delegation by records refers below it, and its DS is answered here (RFC 4035 §3.1.4.1)', async () => {
  const node = startNode([
    stored(1, dnsRecord('below', { name: 'a.sub.example.org' })),
    stored(1, dnsRecord('ds', { name: 'sub.example.org', type: 'DS', content: `1 8 2 ${'ab'.repeat(32)}` })),
  ]);
  node.state.publication.publishSoon();
  await node.until(1);
  expect(node.answers('a.sub.example.org', 'A')).toHaveLength(1);
  const ns = dnsRecord('ns', { name: 'sub.example.org', type: 'NS', content: 'ns1.example.net.' });
  node.state.apply(put(2, ns));
  await node.until(2);
  expect(node.answers('a.sub.example.org', 'A')).toEqual([]);
  expect(node.answers('sub.example.org', 'DS')).toHaveLength(1);
  node.state.apply(drop(3, 'record', 'ds'));
  await node.until(3);
  expect(node.answers('sub.example.org', 'DS')).toEqual([]);
  node.state.apply(drop(4, 'record', 'ns'));
  await node.until(4);
  expect(node.answers('a.sub.example.org', 'A')).toHaveLength(1);
  node.state.stop();
});
