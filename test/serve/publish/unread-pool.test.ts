import { expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { Type } from '../../../src/dns/type.ts';
import { maxAgeSeconds } from '../../../src/serve/doh/freshness.ts';
import { createPublisher } from '../../../src/serve/publish/publisher.ts';
import { lookup } from '../../../src/zone/lookup.ts';
import { asking, sameSerial } from '../../answer/answering.ts';
import { queryPacket } from '../../answer/query-packet.ts';
import { zoneFile } from '../../zone/zone-file.ts';

test('the plain lookup did not know pools that cannot be read; it says of each name what the table answers', () => {
  const zone = zoneFile('example.com', 'www 3600 CNAME web.pools.example.com.\n* 60 TXT x', {
    pools: 'pools',
  });
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const publisher = createPublisher([zone], table, () => {}, undefined, sameSerial(1));
  publisher.publish([{ id: 'w', pool: undefined, members: [], unreadName: 'Web' }], 1);
  const { ask } = asking(reader, 1);
  const authority = { zones: [zone], serial: 1, pools: new Map(), unread: new Set(['web']) };
  const RCODES = {
    answer: Rcode.NOERROR,
    nodata: Rcode.NOERROR,
    referral: Rcode.NOERROR,
    nxdomain: Rcode.NXDOMAIN,
    yxdomain: Rcode.YXDOMAIN,
    refused: Rcode.REFUSED,
    unread: Rcode.SERVFAIL,
    steered: Rcode.NOERROR,
  };
  const found = ['web.pools', 'WEB.pools', 'x.web.pools', 'app.pools', 'pools', 'www', 'none'].map((name) => {
    const full = `${name}.example.com`;
    const { kind } = lookup(authority, parseName(full), Type.A);
    expect([name, ask({ name: full, type: 'A' }, Transport.UDP).rcode]).toEqual([name, RCODES[kind]]);
    return kind;
  });
  expect(found).toEqual(['unread', 'unread', 'nxdomain', 'nxdomain', 'nodata', 'unread', 'nodata']);
});

test('an alias to a pool that cannot be read was answered with SERVFAIL and the alias, which caches kept', () => {
  const zone = zoneFile('example.com', 'www 3600 CNAME web.pools.example.com.', { pools: 'pools' });
  const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
  const reader = openTable(table.buffers);
  const failed = (_: unknown, error: unknown): never => {
    throw error;
  };
  const publisher = createPublisher([zone], table, failed, undefined, sameSerial(1));
  publisher.publish([{ id: 'w', pool: undefined, members: [], unreadName: 'web' }], 1);
  const { ask, send } = asking(reader, 1);
  for (const name of ['web.pools.example.com', 'www.example.com']) {
    expect(ask({ name, type: 'A' }, Transport.UDP)).toMatchObject({
      rcode: Rcode.SERVFAIL,
      aa: false,
      answer: [],
    });
    const message = send(queryPacket({ name, type: 'A' }), Transport.DOH)!;
    expect(maxAgeSeconds(Buffer.from(message))).toBe(0);
  }
});
