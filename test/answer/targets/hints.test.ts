import { describe, expect, test } from 'vitest';
import { Transport } from '../../../src/answer/exchange.ts';
import { ANSWERED_RECORDS_MAX } from '../../../src/dns/rrset.ts';
import type { Type } from '../../../src/dns/type.ts';
import { printRdata } from '../../../src/rdata/rdata.ts';
import { zoneFile } from '../../zone/zone-file.ts';
import { answering, authorityOf, lines } from '../answering.ts';
import type { Message } from '../decode.ts';
import { EVERY_KIND, STEERED_BY } from '../steering/every-kind.ts';
import { steeredZone } from '../steering/steering-table.ts';

const member = (address: string, weight = 100) => ({ address, weight });
const POOLS = new Map([
  ['web', [member('192.0.2.77'), member('2001:db8::77')]],
  ['four', [member('192.0.2.4')]],
  ['empty', []],
  ['pick', [member('192.0.2.81', 1), member('192.0.2.82', 2)]],
  ['many', Array.from({ length: 60 }, (_, i) => member(`192.0.2.${i}`))],
]);
const BOTH = 'ipv4hint=auto ipv6hint=auto';
const org = zoneFile(
  'example.org',
  `svc       300 HTTPS 1 web.pools.example.org alpn=h2,h3 port=443 ${BOTH} key7000=x
   own       300 HTTPS 1 . ${BOTH}
   own       200 A     192.0.2.1
   own       200 A     192.0.2.2
   *.w       300 HTTPS 1 . ipv4hint=auto
   *.w       300 A     192.0.2.9
   four      300 HTTPS 1 four.pools.example.org mandatory=alpn,ipv4hint,ipv6hint alpn=h2 ${BOTH}
   six       300 HTTPS 1 four.pools.example.org mandatory=ipv6hint ipv6hint=auto
   none      300 HTTPS 1 empty.pools.example.org mandatory=ipv4hint,ipv6hint ${BOTH} key7000=x
   pick      300 HTTPS 1 pick.pools.example.org ipv4hint=auto
   many      300 HTTPS 1 many.pools.example.org ipv4hint=auto key7000=${'x'.repeat(60)}
   aliased   300 HTTPS 1 alias.example.org ipv4hint=auto
   alias      20 CNAME alias2.example.com
   out       300 HTTPS 1 www.example.net ipv4hint=auto
   loop      300 HTTPS 1 loop1.example.org ipv4hint=auto
   loop1     300 CNAME loop2.example.org
   loop2     300 CNAME loop1.example.org
   written   300 HTTPS 1 . ipv4hint=198.51.100.1 ipv6hint=auto
   written   300 A     192.0.2.3
   two       300 SVCB  1 four.pools.example.org ipv4hint=auto
   two       300 SVCB  2 own.example.org ipv4hint=auto
   ali       300 HTTPS 0 svc.example.org
   chain     300 CNAME svc.example.org
   web.pools 300 HTTPS 1 . ipv4hint=auto
   lone      300 TYPE65280 \\# 0`,
  { pools: 'pools' },
);
const com = zoneFile('example.com', 'alias2 60 CNAME own.example.org');
const { ask, setPools } = answering(authorityOf([org, com], POOLS));

/** The records of HTTPS or SVCB in presentation form, with owner and TTL. */
function services(records: Message['answer']): string[] {
  return records
    .filter(({ type }) => type === 64 || type === 65)
    .map(
      ({ name, ttlSeconds, type, rdata }) =>
        `${name} ${ttlSeconds} ${printRdata(type, Buffer.from(rdata, 'hex'))}`,
    );
}

interface Row {
  readonly rule: string;
  readonly name: string;
  readonly type?: keyof typeof Type;
  readonly found: readonly string[];
}
const rows: readonly Row[] = [
  {
    rule: 'RFC 9460 §7.3: those of a pool, between other parameters; the records last no longer than they do',
    name: 'svc',
    found: [
      'svc.example.org. 30 1 web.pools.example.org. alpn="h2,h3" port=443 ipv4hint=192.0.2.77 ipv6hint=2001:db8::77 key7000="x"',
    ],
  },
  {
    rule: '§2.5: the root is the owner that a wildcard makes',
    name: 'Any.w',
    found: ['Any.w.example.org. 300 1 . ipv4hint=192.0.2.9'],
  },
  {
    rule: '§8: a hint without an address leaves the record and the mandatory keys',
    name: 'four',
    found: [
      'four.example.org. 30 1 four.pools.example.org. mandatory=alpn,ipv4hint alpn="h2" ipv4hint=192.0.2.4',
    ],
  },
  {
    rule: '§8: the last mandatory key takes the list with it',
    name: 'six',
    found: ['six.example.org. 300 1 four.pools.example.org.'],
  },
  {
    rule: 'a pool without healthy members',
    name: 'none',
    found: ['none.example.org. 300 1 empty.pools.example.org. key7000="x"'],
  },
  {
    rule: 'over aliases of two zones, and no longer than these last',
    name: 'aliased',
    found: ['aliased.example.org. 20 1 alias.example.org. ipv4hint='],
  },
  { rule: 'a name elsewhere', name: 'out', found: ['out.example.org. 300 1 www.example.net.'] },
  { rule: 'a loop', name: 'loop', found: ['loop.example.org. 300 1 loop1.example.org.'] },
  {
    rule: 'what is written stays',
    name: 'written',
    found: ['written.example.org. 300 1 . ipv4hint=198.51.100.1'],
  },
  {
    rule: 'RFC 2181 §5.2: one TTL for all records of a set',
    name: 'two',
    type: 'SVCB',
    found: [
      'two.example.org. 30 1 four.pools.example.org. ipv4hint=192.0.2.4',
      'two.example.org. 30 2 own.example.org. ipv4hint=',
    ],
  },
  {
    rule: 'at the name of a pool, the root is the pool',
    name: 'web.pools',
    found: ['web.pools.example.org. 30 1 . ipv4hint=192.0.2.77'],
  },
  {
    rule: 'behind a CNAME',
    name: 'chain',
    found: [
      'svc.example.org. 30 1 web.pools.example.org. alpn="h2,h3" port=443 ipv4hint=192.0.2.77 ipv6hint=2001:db8::77 key7000="x"',
    ],
  },
  {
    rule: 'RFC 8482: ANY',
    name: 'svc',
    type: 'ANY',
    found: [
      'svc.example.org. 30 1 web.pools.example.org. alpn="h2,h3" port=443 ipv4hint=192.0.2.77 ipv6hint=2001:db8::77 key7000="x"',
    ],
  },
];

describe('hints that are auto', () => {
  test.each(rows)('$rule', ({ name, type = 'HTTPS', found }) => {
    const message = ask({ name: `${name}.example.org`, type });
    expect(message.tc).toBe(false);
    // Two addresses begin with each of them.
    const shown = services(message.answer).map((line) =>
      line.replace(/ipv4hint=192\.0\.2\.(1,192\.0\.2\.2|2,192\.0\.2\.1)/, 'ipv4hint='),
    );
    expect(shown).toEqual(found);
  });

  test('begin with each address equally often, and are one where weights differ', () => {
    const shown = (name: string) =>
      new Set(
        Array.from(
          { length: 60 },
          () => services(ask({ name: `${name}.example.org`, type: 'HTTPS' }).answer)[0],
        ),
      );
    expect(shown('own').size).toBe(2);
    expect([...shown('pick')].toSorted()).toEqual([
      'pick.example.org. 30 1 pick.pools.example.org. ipv4hint=192.0.2.81',
      'pick.example.org. 30 1 pick.pools.example.org. ipv4hint=192.0.2.82',
    ]);
  });

  test('are in the records that an alias leads to', () => {
    const { answer, additional } = ask({ name: 'ali.example.org', type: 'HTTPS' });
    expect(services(answer)).toEqual(['ali.example.org. 300 0 svc.example.org.']);
    expect(services(additional)).toEqual([
      'svc.example.org. 30 1 web.pools.example.org. alpn="h2,h3" port=443 ipv4hint=192.0.2.77 ipv6hint=2001:db8::77 key7000="x"',
    ]);
    expect(lines(additional)).toContain('web.pools.example.org. 30 A 192.0.2.77');
  });

  test('follow the pool at once', () => {
    const shown = () => services(ask({ name: 'four.example.org', type: 'HTTPS' }).answer);
    setPools(new Map([...POOLS, ['four', [member('192.0.2.5')]]]));
    const changed = shown();
    setPools(new Map([...POOLS, ['four', []]]));
    const down = shown();
    setPools(POOLS);
    expect(changed[0]).toContain('ipv4hint=192.0.2.5');
    expect(down).toEqual(['four.example.org. 300 1 four.pools.example.org. mandatory=alpn alpn="h2"']);
    expect(shown()[0]).toContain('ipv4hint=192.0.2.4');
  });

  test('of a load balancer are what it chooses for the client, and the scope says so (RFC 7871 §7.2.1)', () => {
    const zone = steeredZone(
      EVERY_KIND,
      zoneFile(
        'example.org',
        's 60 HTTPS 1 hash.example.org ipv4hint=auto\nhash 60 HTTPS 1 . alpn=h2 ipv4hint=auto',
      ),
    );
    const { ask } = answering(authorityOf([zone]), 1, undefined, { steeredBy: STEERED_BY });
    const opts = [{ options: [{ code: 8, data: '000118000a0102' }] }];
    const [address] = ask({ name: 'hash.example.org', opts }).answer;
    const message = ask({ name: 's.example.org', type: 'HTTPS', opts });
    expect(services(message.answer)[0]).toContain(`ipv4hint=${address!.line.split(' ').at(-1)}`);
    expect(message.opt?.options[0]?.data).toBe('000118180a0102');
    // Beside the load balancer itself, too.
    const own = ask({ name: 'hash.example.org', type: 'HTTPS', opts });
    expect(services(own.answer)[0]).toMatch(/ 1 \. alpn="h2" ipv4hint=\S+$/);
    expect(services(own.answer)[0]).toContain(`ipv4hint=${address!.line.split(' ').at(-1)}`);
    expect(lines(own.additional)).toContain(address!.line);
  });

  test('are counted where the answer must fit: TC, or all of it', () => {
    const spec = { name: 'many.example.org', type: 'HTTPS' } as const;
    // Header, question, record with its target, two parameters and 60 addresses.
    const whole = 12 + 22 + 12 + 2 + 24 + (4 + 60) + (4 + 60 * 4);
    const sized = (udpOctetsMax: number) => ask({ ...spec, opts: [{ udpOctetsMax }] });
    expect(ask(spec)).toMatchObject({ tc: false, additional: [] });
    expect(services(ask(spec, Transport.TCP).answer)[0]!.split(',')).toHaveLength(60);
    expect(whole).toBeLessThan(512);
    const members = Array.from({ length: 130 }, (_, i) => member(`192.0.2.${i}`));
    setPools(new Map([...POOLS, ['many', members]]));
    const large = whole + 40 * 4 + 11;
    expect(sized(large)).toMatchObject({ tc: false });
    expect(services(sized(large).answer)[0]!.split(',')).toHaveLength(ANSWERED_RECORDS_MAX);
    expect(sized(large - 1)).toMatchObject({ tc: true, answer: [], additional: [] });
    setPools(POOLS);
  });

  test('are left out of a set that needs a window', () => {
    const records = Array.from(
      { length: ANSWERED_RECORDS_MAX + 1 },
      (_, i) => `m 60 HTTPS ${i + 1} . ${BOTH}`,
    );
    const { ask } = answering(
      authorityOf([zoneFile('example.org', `${records.join('\n')}\nm 60 A 192.0.2.1`)]),
    );
    const { answer } = ask({ name: 'm.example.org', type: 'HTTPS' }, Transport.TCP);
    expect(answer).toHaveLength(ANSWERED_RECORDS_MAX);
    expect(services(answer).filter((line) => line.includes('hint'))).toEqual([]);
  });
});
