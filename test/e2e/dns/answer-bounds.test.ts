/** What answers hold, over the running program: of large sets a window that resolvers take, of loops each record once, and records as they are written. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { call, create } from '../../support/api.ts';
import { startBind } from '../../support/bind.ts';
import { dig } from '../../support/dig.ts';
import { endAll, type LifeguardProcess, PROGRAM, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import { runProgram } from '../../support/run-program.ts';
import { isInstalled, type Resolver } from '../../support/server/resolver.ts';

const ipv4 = (i: number) => `10.0.${i >> 8}.${i & 0xff}`;
const ipv6 = (i: number) => `2001:db8::${(i + 1).toString(16)}`;
const listOf = (count: number, address: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => address(i));

/** Static names, and pools of the same names, with so many addresses. */
const LARGE = [
  { name: 'a101', type: 'A', addresses: listOf(101, ipv4) },
  { name: 'a255', type: 'A', addresses: listOf(255, ipv4) },
  { name: 'a1000', type: 'A', addresses: listOf(1_000, ipv4) },
  { name: 'aaaa101', type: 'AAAA', addresses: listOf(101, ipv6) },
];

/** Records as they are written, and what dig shows of them. */
const WRITTEN = [
  {
    name: 'printer',
    type: 'PTR',
    value: 'Office\\032Printer.Example.com',
    shown: ['Office\\032Printer.Example.com.'],
  },
  { name: 'mail', type: 'MX', value: '10 Mail.Example.NET', shown: ['10 Mail.Example.NET.'] },
  { name: '_x._tcp', type: 'SRV', value: '1 2 3 Host.Example.NET', shown: ['1 2 3 Host.Example.NET.'] },
  { name: 'to', type: 'CNAME', value: 'Elsewhere.Example.NET', shown: ['Elsewhere.Example.NET.'] },
  { name: 'sub', type: 'NS', value: 'Ns.Example.NET', shown: [] },
  { name: 'dkim', type: 'TXT', value: 'v=DKIM1\\; k=rsa', shown: ['"v=DKIM1; k=rsa"'] },
  { name: 'two', type: 'TXT', value: '"a""b"', shown: ['"a" "b"'] },
];

const CONFIG = JSON.stringify({
  // What fills answers the most without a warning.
  dns: { answer_addresses_max: 100 },
  zones: [
    {
      name: 'example.com',
      ns: [{ name: 'ns1.example.com', addresses: ['127.0.0.1'] }],
      pools: 'pools',
      records: [
        ...LARGE.map(({ name, type, addresses: value }) => ({ name, type, value })),
        { name: 'alias', type: 'CNAME', value: 'a255.pools.example.com' },
        ...WRITTEN.map(({ name, type, value }) => ({ name, type, value })),
        { name: 'self', type: 'CNAME', value: 'self.example.com' },
        { name: 'here', type: 'CNAME', value: 'there.example.net' },
        { name: '*.star', type: 'CNAME', value: '*.star.example.com' },
      ],
    },
    {
      name: 'example.net',
      ns: [{ name: 'NS1.Example.com' }],
      soa: { rname: 'Host.Master@Example.net' },
      records: [{ name: 'there', type: 'CNAME', value: 'here.example.com' }],
    },
  ],
});

let directory: string;
let config: string;
let all: LifeguardProcess;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-answer-bounds-'));
  config = join(directory, 'lifeguard.yaml');
  writeFileSync(config, CONFIG);
  all = await startLifeguard('all', { LIFEGUARD_DATA_DIR: directory, LIFEGUARD_CONFIG: config });
  for (const { name, addresses } of LARGE)
    await create(all, '/pools', {
      name,
      origins: addresses.map((address, i) => ({ name: `e${i}`, address })),
    });
}, 60_000);
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

const NAMES = LARGE.flatMap(({ name, ...rest }) => [
  { ...rest, name: `${name}.example.com` },
  { ...rest, name: `${name}.pools.example.com` },
]);

/** `lifeguard explain` as a user calls it. */
const explain = async (...args: string[]) => {
  const own = ['--api', new URL(all.api).origin, '--token', TOKEN];
  const { stdout } = await runProgram(process.execPath, [PROGRAM, 'explain', ...args, ...own]);
  return stdout;
};

describe('a set of more than 100 records', () => {
  test.each(NAMES)('$name $type: UDP has TC, TCP has a window of 100', async ({ name, type, addresses }) => {
    const udp = await dig(all.dns, name, type, '+ignore');
    expect(udp).toMatchObject({ status: 'NOERROR', answer: [] });
    expect(udp.flags).toContain('tc');
    const { rdata } = await dig(all.dns, name, type);
    expect(new Set(rdata).size).toBe(100);
    expect(rdata.filter((address) => !addresses.includes(address))).toEqual([]);
  });

  test.each(NAMES.filter(({ addresses }) => addresses.length === 255))(
    '$name: explain names the window',
    async ({ name }) => {
      expect(await explain(name)).toContain('\nThe answer is a window of 100 of 255 records; ');
    },
  );

  test('a pool may have more, and the request that writes it gets a message', async () => {
    const origins = listOf(120, ipv4).map((address, i) => ({ name: `e${i}`, address }));
    const body = { name: 'told', origins, answer_addresses_max: 110 };
    const { messages } = await call(all, 'POST', '/pools', body);
    expect(messages).toEqual([
      {
        code: 10100,
        message:
          'Pool "told" may have 110 addresses of a family in an answer. BIND 9.18.28 and later refuses more than 100 records of a type.',
        type: null,
      },
    ]);
    const { rdata } = await dig(all.dns, 'told.pools.example.com', 'A');
    expect(new Set(rdata).size).toBe(110);
    expect(await explain('told.pools.example.com')).toContain(
      '\nThe answer is a window of 110 of 120 records; ',
    );
  });

  test.each<{ name: string; of(address: string, i: number): object }>([
    { name: 'small', of: (address, i) => (i < 100 ? { address } : { address, enabled: false }) },
    // Where weights differ, each answer is one address; weight 0 is never answered.
    { name: 'by-weight', of: (address, i) => ({ address, weight: i % 2 === 0 ? 0.5 : 1 }) },
    { name: 'one-of-all', of: (address, i) => ({ address, weight: i === 0 ? 1 : 0 }) },
    // A family has an answer of its own.
    { name: 'families', of: (address, i) => ({ address: i % 2 === 0 ? address : ipv6(i) }) },
  ])('a request for a pool without such an answer gets no message: $name', async ({ name, of }) => {
    const origins = listOf(101, ipv4).map((address, i) => ({ name: `e${i}`, ...of(address, i) }));
    const { success, messages } = await call(all, 'POST', '/pools', { name, origins });
    expect({ success, messages }).toEqual({ success: true, messages: [] });
  });
});

const isBindThere = isInstalled('named');
describe.skipIf(!isBindThere)('through the BIND forward zone of docs/DEPLOYMENT.md', () => {
  let bind: Resolver;
  beforeAll(async () => {
    bind = await startBind('example.com', all.dns);
  }, 30_000);
  afterAll(() => bind?.stop());

  test.each(NAMES)(
    '$name $type resolves',
    async ({ name, type, addresses }) => {
      const { status, rdata } = await dig(bind, name, type, '+time=8');
      expect(status).toBe('NOERROR');
      expect(rdata).toHaveLength(100);
      expect(rdata.filter((address) => !addresses.includes(address))).toEqual([]);
    },
    30_000,
  );

  test('an alias of such a pool resolves', async () => {
    const { status, answer } = await dig(bind, 'alias.example.com', 'A', '+time=8');
    expect(status).toBe('NOERROR');
    expect(answer).toHaveLength(101);
  }, 30_000);
});

describe('records keep the case in which they were written', () => {
  test.each(WRITTEN.filter(({ shown }) => shown.length > 0))(
    '$type $value',
    async ({ name, type, shown }) => {
      expect((await dig(all.dns, `${name}.example.com`, type)).rdata).toEqual(shown);
      expect((await dig(all.dns, `${name.toUpperCase()}.Example.com`, type)).rdata).toEqual(shown);
    },
  );
  test('NS of a delegation, and SOA and NS of a zone', async () => {
    expect((await dig(all.dns, 'a.sub.example.com')).authority).toEqual([
      'sub.example.com. 3600 IN NS Ns.Example.NET.',
    ]);
    expect((await dig(all.dns, 'example.net', 'NS')).rdata).toEqual(['NS1.Example.com.']);
    expect((await dig(all.dns, 'example.net', 'SOA')).rdata).toEqual([
      expect.stringMatching(/^NS1\.Example\.com\. Host\\\.Master\.Example\.net\. /),
    ]);
  });
});

describe('aliases that make a loop (RFC 2181 §5)', () => {
  const LOOPS = [
    {
      name: 'self.example.com',
      owners: ['self.example.com.'],
      loop: 'self.example.com. → self.example.com.',
    },
    {
      name: 'here.example.com',
      owners: ['here.example.com.', 'there.example.net.'],
      loop: 'here.example.com. → there.example.net. → here.example.com.',
    },
    {
      name: 'x.star.example.com',
      owners: ['x.star.example.com.', '*.star.example.com.'],
      loop: '*.star.example.com. → *.star.example.com.',
    },
  ];
  test.each(LOOPS)('$name: each record once, and explain names the loop', async ({ name, owners, loop }) => {
    for (const transport of ['+notcp', '+tcp']) {
      const { status, answer } = await dig(all.dns, name, 'A', transport);
      expect(status).toBe('NOERROR');
      expect(answer.map((line) => line.split(' ')[0])).toEqual(owners);
    }
    expect(await explain(name)).toContain(`\nThe answer ends in a loop of aliases: ${loop}\n`);
  });

  test('check-config and a start warn of loops and of large sets, and the configuration is valid', async () => {
    const { code, stdout, stderr } = await runProgram('env', [
      ...['-i', `LIFEGUARD_DATA_DIR=${directory}`, `LIFEGUARD_CONFIG=${config}`],
      ...[process.execPath, PROGRAM, 'check-config'],
    ]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'The configuration is valid: 2 zones.\n' });
    const warnings = stderr.trimEnd().split('\n');
    expect(warnings).toHaveLength(LOOPS.length + LARGE.length);
    for (const { loop } of LOOPS)
      expect(warnings).toContain(`warning: Aliases make a loop: ${loop} No resolver finds an address there.`);
    expect(stderr).toContain(
      'warning: a255.example.com. has 255 A records. An answer holds a window of 100 of them',
    );
    const logged = all.log.map(({ msg }) => `warning: ${msg}`);
    expect(logged).toEqual(expect.arrayContaining(warnings));
  });
});
