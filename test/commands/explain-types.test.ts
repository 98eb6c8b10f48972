/** What `explain` says of every type is held against what the same node answers by TCP, over a generated zone: EXPLAINED questions from TEST_SEED. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Running, start } from '../../src/commands/run.ts';
import { loadConfig } from '../../src/config/source/load.ts';
import { parseRdata } from '../../src/rdata/rdata.ts';
import { recordTypeNumber } from '../../src/rdata/record-type.ts';
import { createLogger } from '../../src/telemetry/log.ts';
import { decode, type Message } from '../answer/decode.ts';
import { queryPacket } from '../answer/query-packet.ts';
import fc from '../support/property.ts';
import { seed } from '../support/seed.ts';

const EXPLAINED = 150;
const TYPES = {
  A: ['192.0.2.1', '192.0.2.2'],
  AAAA: ['2001:db8::1', '2001:db8::2'],
  TXT: ['"one" "two"', '"three"'],
  MX: ['10 mail.example.com.', '20 a.b.example.com.', '30 mx.example.net.'],
  SRV: ['0 5 5060 mail.example.com.'],
  CAA: ['0 issue "ca.example.net"'],
  HTTPS: ['1 . alpn=h2 ipv4hint=auto', '2 mail.example.com. ipv6hint=auto'],
  SVCB: ['1 mail.example.com. port=853'],
  NAPTR: ['100 50 "s" "SIP+D2U" "" _sip._udp.example.com.'],
  TLSA: ['3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef'],
  TYPE65280: ['\\# 3 abcdef'],
} as const;
const OWNERS = ['a', 'b', 'a.b', 'c.d.e', '*.wild', 'x.wild', 'mail2'];

/** Records that are in every zone: each kind of answer that there is. */
const FIXED = `@ 300 NS ns1.example.com.
@ 300 NS ns2.example.net.
@ 300 MX 10 mail.example.com.
@ 300 CNAME web.pools.example.com.
ns1 300 A 192.0.2.53
mail 300 A 192.0.2.25
mail 300 AAAA 2001:db8::25
alias 60 CNAME mail
alias2 60 CNAME alias
away 60 CNAME www.example.net.
loop 60 CNAME loop2
loop2 60 CNAME loop
*.pattern 60 CNAME alias
renamed 60 DNAME wild
cut 300 NS ns.cut
cut 300 NS ns.example.net.
ns.cut 300 A 192.0.2.54
cut 300 DS 1 13 2 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
secure 60 HTTPS 1 . alpn=h2 ipv4hint=auto ipv6hint=auto
secure 60 A 192.0.2.80`;

const anySet = fc.tuple(
  fc.constantFrom(...OWNERS),
  fc.constantFrom(...(Object.keys(TYPES) as (keyof typeof TYPES)[])),
  fc.integer({ min: 1, max: 2 }),
);
const asked = [
  '@',
  ...OWNERS,
  'mail',
  'ns1',
  'alias',
  'alias2',
  'away',
  'loop',
  'cut',
  'x.cut',
  'secure',
  'e',
];
const anyQuestion = fc.tuple(
  fc.constantFrom(...asked, 'q.pattern', 'x.renamed', 'x.x.renamed', 'web.pools', 'no', 'z.wild', 'y.z.wild'),
  fc.constantFrom(...Object.keys(TYPES), 'A', 'AAAA', 'NS', 'SOA', 'CNAME', 'DNAME', 'DS', 'ANY', 'PTR'),
);

let directory: string;
let node: Running;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-explain-types-'));
  const [sets] = fc.sample(fc.uniqueArray(anySet, { minLength: 25, maxLength: 25, selector: String }), {
    seed,
    numRuns: 1,
  });
  const lines = new Set(
    sets!.flatMap(([owner, type, count]) =>
      TYPES[type].slice(0, count).map((content) => `${owner} 300 ${type} ${content}`),
    ),
  );
  writeFileSync(
    join(directory, 'db'),
    `$ORIGIN example.com.\n$TTL 300\n@ SOA ns1 hostmaster 1 2 3 4 60\n${FIXED}\n${[...lines].join('\n')}\n`,
  );
  writeFileSync(
    join(directory, 'lifeguard.yaml'),
    `zones:
  - { name: example.com, pools: pools, file: db }
  - name: looped.test
    ns: [{ name: ns1.example.com }]
    records:
      - { name: "@", type: CNAME, value: www.looped.test. }
      - { name: www, type: CNAME, value: looped.test. }
`,
  );
  const loaded = loadConfig({
    env: {
      LIFEGUARD_CONFIG: join(directory, 'lifeguard.yaml'),
      LIFEGUARD_DNS_LISTEN: '127.0.0.1:0',
      LIFEGUARD_API_LISTEN: '127.0.0.1:0',
      LIFEGUARD_DATA_DIR: directory,
    },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  node = await start(loaded.config, createLogger({ level: 'silent' }), { monitor: false });
  await fetch(`${node.api}/client/v4/user/load_balancers/pools`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.token}` },
    body: JSON.stringify({
      name: 'web',
      origins: [
        { name: 'four', address: '192.0.2.7' },
        { name: 'six', address: '2001:db8::7' },
      ],
    }),
  });
}, 60_000);
afterAll(async () => {
  await node.stop();
  rmSync(directory, { recursive: true });
});

interface Shown {
  readonly name: string;
  readonly ttl: number;
  readonly type: string;
  readonly content: string;
}

interface ExplainedTypes {
  readonly rcode: string;
  readonly type: string;
  readonly sections: Readonly<Record<'answer' | 'authority' | 'additional', readonly Shown[]>>;
  readonly why: readonly string[];
}

async function explain(name: string, type: string): Promise<ExplainedTypes> {
  const response = await fetch(`${node.api}/lifeguard/v1/explain?name=${name}&type=${type}`, {
    headers: { authorization: `Bearer ${node.token}` },
  });
  return ((await response.json()) as { result: ExplainedTypes }).result;
}

async function ask(name: string, type: string): Promise<Message> {
  const packet = queryPacket({ name, type: type === 'ANY' ? 255 : recordTypeNumber(type)! });
  const socket = connect(Number(node.dns[0]!.split(':').at(-1)), '127.0.0.1');
  socket.write(Buffer.concat([Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]));
  let reply = Buffer.alloc(0);
  for await (const chunk of socket) {
    reply = Buffer.concat([reply, chunk]);
    if (reply.length >= 2 && reply.length >= 2 + reply.readUInt16BE(0)) break;
  }
  socket.destroy();
  await once(socket, 'close').catch(() => undefined);
  return decode(reply.subarray(2));
}

/** Types whose rdata never has pointers, so that it can be compared by its octets. */
const UNCOMPRESSED = (type: number) => ![2, 5, 6, 12, 15, 39].includes(type);

function expectSame(found: readonly Shown[], answered: Message['answer']): void {
  const ofShown = found.map(({ name, ttl, type, content }) => {
    const number = recordTypeNumber(type)!;
    const head = `${name} ${ttl} ${number}`;
    return UNCOMPRESSED(number)
      ? `${head} ${Buffer.from(parseRdata(number, content)).toString('hex')}`
      : `${head} ${content}`;
  });
  const ofAnswer = answered.map(({ name, ttlSeconds, type, rdata, line }) => {
    const text = UNCOMPRESSED(type) ? rdata : line.split(' ').slice(3).join(' ');
    return `${name} ${ttlSeconds} ${type} ${text}`;
  });
  expect(ofShown.sort()).toEqual(ofAnswer.sort());
}

const fullName = (name: string) => (name === '@' ? 'example.com.' : `${name}.example.com.`);

test(`explain shows each section as it is answered, and says why (seed ${seed})`, async () => {
  const questions = fc.sample(anyQuestion, { seed, numRuns: EXPLAINED });
  const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];
  for (const [name, type] of questions) {
    const question = `${fullName(name)} ${type}`;
    const [explained, answered] = await Promise.all([
      explain(fullName(name), type),
      ask(fullName(name), type),
    ]);
    expect(explained.rcode, question).toBe(RCODES[answered.rcode]);
    for (const section of ['answer', 'authority', 'additional'] as const)
      expectSame(explained.sections[section], answered[section]);
    expect(explained.why.length, question).toBeGreaterThan(0);
  }
}, 120_000);

describe('the reason in words', () => {
  test.each([
    ['@', 'MX', ['"example.com" has 1 MX record.', 'for "mail.example.com"']],
    ['@', 'SOA', ['"example.com" has 1 SOA record.', 'settings of the zone']],
    ['@', 'NS', ['"example.com" has 2 NS records.', 'for "ns1.example.com"']],
    ['@', 'A', ['leads to "web.pools.example.com" is answered with the addresses']],
    ['@', 'ANY', ['A query for ANY']],
    [
      'alias2',
      'A',
      [
        '"alias2.example.com" is an alias',
        '"alias.example.com" is an alias',
        '"mail.example.com" has 1 A record.',
      ],
    ],
    ['alias', 'CNAME', ['"alias.example.com" has 1 CNAME record.']],
    ['away', 'TXT', ['"www.example.net" is in no zone of this server, so resolvers ask others']],
    ['loop', 'A', ['The aliases come back to "loop.example.com"']],
    ['q.pattern', 'A', ['"q.pattern.example.com" is an alias (CNAME) of "alias.example.com"']],
    ['x.renamed', 'TXT', ['"renamed.example.com" has a DNAME', '"x.renamed.example.com" is an alias']],
    ['x.cut', 'TXT', ['"cut.example.com" is delegated to', 'glue of this zone for "ns.cut.example.com"']],
    ['cut', 'DS', ['"cut.example.com" has 1 DS record.']],
    ['mail', 'TXT', ['"mail.example.com" has no TXT records; it has A, AAAA.']],
    ['pools', 'TXT', ['"pools.example.com" has no records, but names below it exist']],
    ['no', 'TXT', ['"no.example.com" does not exist in the zone "example.com", and no wildcard covers it.']],
    ['secure', 'HTTPS', ['have the addresses with which "secure.example.com" is answered now']],
    ['web.pools', 'MX', ['is the name of pool "web", which has no MX records.']],
    ['web.pools', 'A', ['is the name of pool "web", whose health decides']],
  ])('%s %s', async (name, type, sentences) => {
    const { why } = await explain(fullName(name), type);
    for (const sentence of sentences) expect(why.join('\n')).toContain(sentence);
  });

  test('a flattened CNAME whose aliases come back (once: each name four times, and not that it is a loop)', async () => {
    expect((await explain('looped.test', 'A')).why).toEqual([
      'A CNAME that leads to "www.looped.test", then "looped.test" is answered with the addresses found there (flattened).',
      'The aliases come back to "looped.test", so there are none.',
      expect.stringMatching(/^No address is found there\. The SOA of "looped\.test"/),
    ]);
  });

  test('a name of no zone', async () => {
    expect((await explain('example.net', 'MX')).why).toEqual(['"example.net" is in no zone of this server.']);
  });
});
