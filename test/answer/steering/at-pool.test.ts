import { expect, test } from 'vitest';
import { adopt, openTable } from '../../../src/answer/reader.ts';
import { createTable } from '../../../src/answer/table.ts';
import { parseName } from '../../../src/dns/name.ts';
import { Rcode } from '../../../src/dns/rcode.ts';
import { Type } from '../../../src/dns/type.ts';
import type { Member } from '../../../src/pool/members.ts';
import type { Pool } from '../../../src/pool/pool.ts';
import { withoutPool } from '../../../src/serve/publish/choice-of.ts';
import { createPublisher, type PoolState } from '../../../src/serve/publish/publisher.ts';
import { lookup } from '../../../src/zone/lookup.ts';
import { makePool } from '../../probe/checks.ts';
import { loadBalancer } from '../../store/contract/samples.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { asking, sameSerial } from '../answering.ts';
import { steeredZone } from './steering-table.ts';

const NAME = 'web.pools.example.org';
const OF_POOL: Member = { address: '192.0.2.1', weight: 100 };
const OF_LOAD_BALANCER: Member = { address: '192.0.2.2', weight: 100 };

/** What is known of pool `web`. */
const POOLS = {
  healthy: { pool: makePool({ name: 'web' }), members: [OF_POOL] },
  'without a member': { pool: makePool({ name: 'web' }), members: [] },
  disabled: { pool: makePool({ name: 'web', enabled: false }), members: [] },
  unread: { pool: undefined, members: [], unreadName: 'web' },
  absent: { pool: undefined, members: [] },
} satisfies Record<string, { pool: Pool | undefined; members: Member[]; unreadName?: string }>;

test.each(
  Object.entries(POOLS).flatMap(([pool, state]) =>
    ['', `web.pools 60 TXT t`].flatMap((records) =>
      [true, false].map((isUsable) => ({ pool, state, records, isUsable })),
    ),
  ),
)(
  'at the name of a pool ($pool, records "$records") a load balancer answers for A and AAAA, in the table and in the readable lookup; its pool is usable: $isUsable',
  ({ state, records, isUsable }) => {
    const balanced = loadBalancer('l', {
      name: NAME,
      defaultPools: ['p'],
      fallbackPool: 'p',
      allDown: 'nodata',
    });
    const zone = steeredZone([balanced], zoneFile('example.org', records, { pools: 'pools' }));
    const table = createTable({ replaced: (buffers) => adopt(reader, buffers) });
    const reader = openTable(table.buffers);
    const failed = (_: string, error: unknown): never => {
      throw error;
    };
    const members = isUsable ? [OF_LOAD_BALANCER] : [];
    const publisher = createPublisher([zone], table, failed, undefined, sameSerial(1), {
      ...{ node: {}, byLatency: (pools) => pools, failed },
      choiceOf: (id) => ({ ...withoutPool(id), isUsable, members, fallbackMembers: [OF_LOAD_BALANCER] }),
    });
    publisher.publish([{ id: 'w', ...state } as PoolState], 1);
    const { ask } = asking(reader, 1);
    const authority = {
      ...{ zones: [zone], serial: 1 },
      pools: new Map(state.pool?.enabled ? [['web', state.members]] : []),
      unread: new Set('unreadName' in state ? ['web'] : []),
    };
    for (const type of ['A', 'AAAA', 'TXT'] as const) {
      const found = lookup(authority, parseName(NAME), Type[type]);
      const answered = ask({ name: NAME, type });
      const data = answered.answer.map(({ line }) => line.split(' ').at(-1));
      if (type === 'TXT') {
        expect(found.kind).toBe(records === '' ? 'nodata' : 'answer');
        expect([answered.rcode, data.length]).toEqual([Rcode.NOERROR, records === '' ? 0 : 1]);
      } else {
        expect([type, found.kind]).toEqual([type, 'steered']);
        const isAnswered = isUsable && type === 'A';
        expect([type, answered.rcode, data]).toEqual([type, Rcode.NOERROR, isAnswered ? ['192.0.2.2'] : []]);
      }
    }
  },
);
