/** Real DNS clients against a real process: what their users see. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from '../../support/api.ts';
import { type Dug, dig } from '../../support/dig.ts';
import { endAll, startLifeguard } from '../../support/lifeguard.ts';
import { needing, runProgram } from '../../support/run-program.ts';

type Server = Parameters<typeof dig>[0];

const WEB = ['192.0.2.1', '192.0.2.2', '192.0.2.3'];
const NAME = 'web.pools.example.com';
const MANY = 'many.pools.example.com';
/** More than fits 1232 octets of UDP, by far, and more than an answer holds by TCP. */
const MANY_MEMBERS = 300;
const MANY_ANSWERED = 100;
/** 40 A records and EDNS: more than 512 octets, less than 1232. */
const SOME = 'some.pools.example.com';
const SOME_MEMBERS = 40;
const CONFIG = `
dns:
  identity: node-7
  version: none of yours
  answer_addresses_max: 100
  rate_limit: RATE_LIMIT
zones:
  - name: example.com
    ns:
      - { name: ns1.example.com, addresses: [192.0.2.53, "2001:db8::53"] }
    pools: pools
    records:
      - { name: "@", type: MX, value: 10 mail.example.com }
      - { name: www, type: CNAME, value: ${NAME}, ttl: 300 }
`;

const directory = mkdtempSync(join(tmpdir(), 'lifeguard-clients-'));
afterAll(async () => {
  await endAll();
  rmSync(directory, { recursive: true });
});

/** A node with the pools above; where it answers by IPv4 and by IPv6. */
async function start(
  engine: 'batched' | 'portable',
  rateLimit = '{ enabled: true }',
): Promise<[Server, Server]> {
  const own = mkdtempSync(join(directory, 'node-'));
  const config = join(own, 'lifeguard.yaml');
  writeFileSync(config, CONFIG.replace('RATE_LIMIT', rateLimit));
  const node = await startLifeguard('serve', {
    LIFEGUARD_CONFIG: config,
    LIFEGUARD_DATA_DIR: own,
    LIFEGUARD_DNS_ENGINE: engine,
    LIFEGUARD_DNS_LISTEN: '127.0.0.1:0,[::1]:0',
  });
  const listening = node.log.find(({ msg }) => msg === 'listening')!.dns as string[];
  const members = (count: number) =>
    Array.from({ length: count }, (_, i) => `198.51.${100 + Math.floor(i / 250)}.${(i % 250) + 1}`);
  const pools = { web: [...WEB, '2001:db8::1'], some: members(SOME_MEMBERS), many: members(MANY_MEMBERS) };
  for (const [name, addresses] of Object.entries(pools))
    await create(node, '/pools', {
      name,
      origins: addresses.map((address, i) => ({ name: `o${i}`, address })),
    });
  return [node.dns, { address: '::1', port: Number(listening[1]!.split(':').at(-1)) }];
}

/** Octets that dig says it received. */
const octetsOf = ({ text }: Dug) => Number(/MSG SIZE {2}rcvd: (\d+)/.exec(text)?.[1]);
const isByTcp = ({ text }: Dug) => /^;; SERVER: .*\(TCP\)$/m.test(text);
const COOKIE = '0123456789abcdef';
const serverCookieIn = ({ text }: Dug) =>
  new RegExp(`^; COOKIE: (${COOKIE}[0-9a-f]{32}) \\(good\\)$`, 'm').exec(text)?.[1];

describe.each(['batched', 'portable'] as const)('%s engine', (engine) => {
  let v4: Server;
  let v6: Server;
  beforeAll(async () => {
    [v4, v6] = await start(engine);
  });

  describe('dig', () => {
    test.each([
      '+notcp',
      '+tcp',
      '+noedns',
      '+dnssec',
      '+nocookie',
      '+bufsize=512',
      '+bufsize=65535',
      '+cdflag',
      '+0x20',
    ])('the same answer with %s', async (option) => {
      // +0x20 is not dig's: the name in mixed case is (RFC 4343 §4.1).
      const words = option === '+0x20' ? ['WeB.pOOls.eXAMple.Com'] : [NAME, option];
      for (const server of [v4, v6]) {
        const found = await dig(server, ...words, 'A');
        expect(found).toMatchObject({ status: 'NOERROR', rdata: WEB });
        expect(found.answer[0]!.split(' ')[0]).toBe(`${words[0]}.`);
        expect(found.flags.filter((flag) => flag !== 'rd')).toEqual(['qr', 'aa']);
        expect(isByTcp(found)).toBe(option === '+tcp');
      }
    });

    test('EDNS: DO, NSID, client subnet and cookie in one answer', async () => {
      const { text } = await dig(v4, NAME, '+dnssec', '+nsid', '+subnet=192.0.2.0/24', `+cookie=${COOKIE}`);
      expect(text).toMatch(/^; EDNS: version: 0, flags: do; udp: 1232$/m);
      expect(text).toMatch(/^; NSID: .*\("node-7"\)$/m);
      expect(text).toMatch(/^; CLIENT-SUBNET: 192\.0\.2\.0\/24\/0$/m);
      expect(text).toMatch(new RegExp(`^; COOKIE: ${COOKIE}[0-9a-f]{32} \\(good\\)$`, 'm'));
      expect(text).not.toContain('RRSIG');
    });

    test.each(['2001:db8::/56', '0.0.0.0/0', '192.0.2.77/32'])('client subnet %s', async (subnet) => {
      const { text, rdata } = await dig(v6, NAME, `+subnet=${subnet}`);
      expect(rdata).toEqual(WEB);
      expect(text).toMatch(/^; CLIENT-SUBNET: \S+\/0$/m);
    });

    test('a server cookie is accepted over UDP and TCP', async () => {
      const learnt = serverCookieIn(await dig(v4, NAME, `+cookie=${COOKIE}`));
      expect(learnt).toBeDefined();
      for (const transport of ['+notcp', '+tcp']) {
        const again = await dig(v4, NAME, `+cookie=${learnt}`, transport);
        expect(again).toMatchObject({ status: 'NOERROR', rdata: WEB });
        expect(serverCookieIn(again)).toBeDefined();
      }
    });

    test('an unknown option is ignored (RFC 6891 §6.1.2)', async () => {
      const found = await dig(v4, NAME, '+ednsopt=65001:abcd', '+ednsflags=0x1234');
      expect(found.rdata).toEqual(WEB);
      expect(found.text).not.toMatch(/^; OPT=/m);
      expect(found.text).toMatch(/^; EDNS: version: 0, flags:; udp: 1232$/m);
    });

    test('another EDNS version gets BADVERS, and dig asks again with ours (RFC 6891 §6.1.3)', async () => {
      const refused = await dig(v4, NAME, '+edns=1', '+noednsnegotiation');
      expect(refused).toMatchObject({ status: 'BADVERS', answer: [] });
      expect((await dig(v4, NAME, '+edns=1')).rdata).toEqual(WEB);
    });

    test.each([
      { bufsize: '+bufsize=512', most: 512 },
      { bufsize: '+bufsize=1232', most: 1_232 },
      { bufsize: '+bufsize=65535', most: 1_232 },
      { bufsize: '+noedns', most: 512 },
    ])(
      `${MANY_MEMBERS} members exceed $most octets with $bufsize: TC, and a window of ${MANY_ANSWERED} over TCP`,
      async ({ bufsize, most }) => {
        const cut = await dig(v4, MANY, bufsize, '+ignore');
        expect(cut).toMatchObject({
          status: 'NOERROR',
          flags: expect.arrayContaining(['tc', 'aa']),
          answer: [],
        });
        expect(octetsOf(cut)).toBeLessThanOrEqual(most);
        for (const server of [v4, v6]) {
          const whole = await dig(server, MANY, bufsize);
          expect(isByTcp(whole)).toBe(true);
          expect(new Set(whole.rdata).size).toBe(MANY_ANSWERED);
        }
      },
    );

    test(`${SOME_MEMBERS} members fit an answer with EDNS, and none fits without`, async () => {
      const whole = await dig(v4, SOME, '+ignore');
      expect(new Set(whole.rdata).size).toBe(SOME_MEMBERS);
      expect(whole.flags).not.toContain('tc');
      expect((await dig(v4, SOME, '+ignore', '+noedns')).flags).toContain('tc');
    });

    test('ANY gets one set (RFC 8482), over UDP and TCP', async () => {
      for (const transport of ['+notcp', '+tcp'])
        expect(await dig(v4, NAME, 'ANY', transport)).toMatchObject({ status: 'NOERROR', rdata: WEB });
    });

    test('the server answers queries about itself (RFC 4892)', async () => {
      const said = async (name: string) => (await dig(v4, name, 'TXT', 'CH')).rdata;
      expect(await said('version.bind')).toEqual(['"none of yours"']);
      expect(await said('id.server')).toEqual(['"node-7"']);
      expect((await dig(v4, 'authors.bind', 'TXT', 'CH')).status).toBe('REFUSED');
    });

    test('zone transfers and NOTIFY are refused, and STATUS is not implemented', async () => {
      for (const type of ['AXFR', 'IXFR=1']) {
        const { text } = await dig(v4, 'example.com', type);
        expect(text).toContain('Transfer failed.');
      }
      expect((await dig(v4, 'example.com', 'AXFR', '+notcp')).answer).toEqual([]);
      expect((await dig(v4, 'example.com', 'SOA', '+opcode=notify')).status).toBe('REFUSED');
      expect((await dig(v4, 'example.com', '+opcode=status')).status).toBe('NOTIMP');
    });

    test('foreign names, missing names and missing types have their rcodes', async () => {
      expect((await dig(v4, 'www.example.net')).status).toBe('REFUSED');
      expect(await dig(v4, 'no.pools.example.com')).toMatchObject({
        status: 'NXDOMAIN',
        authority: [expect.stringContaining(' SOA ')],
      });
      expect(await dig(v4, NAME, 'MX')).toMatchObject({ status: 'NOERROR', answer: [] });
      expect((await dig(v4, 'www.example.com')).rdata).toEqual([...WEB, `${NAME}.`]);
      expect((await dig(v4, '-x', '192.0.2.1')).status).toBe('REFUSED');
    });
  });

  test('nsupdate is refused', async () => {
    const script = `server ${v4.address} ${v4.port}\nzone example.com\nupdate add x.example.com 60 A 192.0.2.9\nsend\n`;
    for (const transport of [[], ['-v']]) {
      const { code, stderr } = await runProgram('nsupdate', transport, { input: script });
      expect({ code, stderr }).toEqual({ code: 2, stderr: 'update failed: REFUSED\n' });
    }
    expect((await dig(v4, 'x.example.com')).status).toBe('NXDOMAIN');
  });

  const kdig = needing(
    'kdig',
    'knot-dnsutils',
    'kdig: EDNS over UDP, and several queries on one TCP connection',
  );
  test.skipIf(kdig.missing)(kdig.title, async () => {
    const ask = (...words: string[]) =>
      runProgram('kdig', [`@${v4.address}`, '-p', String(v4.port), '+retry=0', ...words]);
    const { stdout } = await ask(
      NAME,
      '+nsid',
      `+cookie=${COOKIE}`,
      '+subnet=192.0.2.0/24',
      '+padding=128',
      '+dnssec',
    );
    expect(stdout).toMatch(/^;; Version: 0; flags: do; UDP size: 1232 B; ext-rcode: NOERROR$/m);
    expect(stdout).toMatch(/^;; NSID: \S+ "node-7"$/m);
    expect(stdout).toMatch(new RegExp(`^;; COOKIE: ${COOKIE.toUpperCase()}[0-9A-F]{32}$`, 'm'));
    const several = [NAME, 'A', NAME, 'AAAA', 'www.example.com', 'A', MANY, 'A'];
    const kept = (await ask('+tcp', '+keepopen', ...several)).stdout;
    expect(kept.match(/\(TCP\)/g)).toHaveLength(4);
    expect(kept.match(/\sIN\s+AAAA\s+2001:db8::1$/gm)).toHaveLength(1);
    expect(kept.match(/^many\.\S+\s+30\s+IN\s+A\s/gm)).toHaveLength(MANY_ANSWERED);
    expect((await ask(MANY)).stdout).toContain('(TCP)');
  });

  const drill = needing('drill', 'ldnsutils', 'drill: UDP, TCP, DO and a truncated answer');
  test.skipIf(drill.missing)(drill.title, async () => {
    const ask = async (...words: string[]) =>
      (
        await runProgram('drill', [
          '-p',
          String(v4.port),
          ...words.slice(0, -1),
          `@${v4.address}`,
          words.at(-1)!,
        ])
      ).stdout;
    const addresses = (text: string) => text.match(/^\S+\s+30\s+IN\s+A\s+\S+$/gm) ?? [];
    for (const words of [[NAME], ['-t', NAME], ['-D', NAME]])
      expect(addresses(await ask(...words))).toHaveLength(WEB.length);
    expect(await ask('-D', NAME)).toMatch(/^;; EDNS: version 0; flags: do ; udp: 1232$/m);
    expect(addresses(await ask('-t', MANY))).toHaveLength(MANY_ANSWERED);
    expect(await ask('-b', '1232', MANY)).toMatch(/ tc |truncated/);
  });
});

test('a flood is limited, but not a client with a valid cookie or over TCP', async () => {
  const [server] = await start(
    'batched',
    '{ responses_per_second: 1, window_seconds: 1, slip: 0, exempt: [] }',
  );
  const learnt = serverCookieIn(await dig(server, NAME, `+cookie=${COOKIE}`));
  const asked = Array.from({ length: 8 });
  const plain = await Promise.all(asked.map(() => dig(server, NAME, '+nocookie', '+time=1')));
  expect(plain.some(({ status }) => status === undefined)).toBe(true);
  const byTcp = await Promise.all(asked.map(() => dig(server, NAME, '+nocookie', '+tcp')));
  const known = await Promise.all(asked.map(() => dig(server, NAME, `+cookie=${learnt}`)));
  for (const { rdata } of [...byTcp, ...known]) expect(rdata).toEqual(WEB);
});
