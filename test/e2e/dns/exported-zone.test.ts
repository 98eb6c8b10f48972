/** Other servers that load an exported zone answer every question as Lifeguard does. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startKnot, startNamed, startNsd } from '../../rdata/corpus/servers.ts';
import { ECHO } from '../../support/dig.ts';
import { endAll, startLifeguard, TOKEN } from '../../support/lifeguard.ts';
import fc from '../../support/property.ts';
import type { DnsAddress, Resolver } from '../../support/server/resolver.ts';

const run = promisify(execFile);
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** Wildcards, zone cuts with and without glue, empty non-terminals, aliases and DNAMEs, and records of many types. */
const ZONE = `$TTL 300
@ SOA ns1 hostmaster 7 3600 600 86400 60
@ NS ns1
@ NS ns2.example.net.
@ 600 MX 10 mail
@ TXT "v=spf1 -all" "second"
@ CAA 0 issue "ca.example.net"
ns1 A 192.0.2.53
ns1 AAAA 2001:db8::53
mail A 192.0.2.25
web A 192.0.2.1
web A 192.0.2.2
web AAAA 2001:db8::1
www CNAME Web
chain CNAME chain2
chain2 CNAME chain3
chain3 TXT "end"
out CNAME www.example.net.
dangling CNAME no.such
*.wild 30 A 192.0.2.10
*.wild MX 5 mail
text.wild TXT "no addresses here"
a.b.wild A 192.0.2.11
*.alias CNAME web
*.deep.alias CNAME x.wild
a.b.c.ent A 192.0.2.12
_sip._tcp SRV 1 2 5060 mail
svc HTTPS 1 . alpn="h2" port=8443
loc LOC 51 30 0 N 0 7 0 W 10m
point PTR web
generic TYPE65280 \\# 3 abcdef
sub NS ns.sub
sub NS ns.example.net.
ns.sub A 192.0.2.60
ns.sub AAAA 2001:db8::60
far NS ns1.example.net.
tree DNAME other-tree
here.other-tree A 192.0.2.13
*.w.other-tree TXT "by wildcard"
leave DNAME example.net.
`;
const label = fc.constantFrom('a', 'b', 'c', '*', 'long-label');
const owner = fc.array(label, { minLength: 1, maxLength: 4 }).map((labels) => `${labels.join('.')}.gen`);
/** Owners with the types that they get. CNAME is alone. */
const generated = fc.uniqueArray(
  fc.tuple(owner, fc.constantFrom(['A'], ['A', 'TXT'], ['AAAA', 'MX'], ['CNAME'], ['TXT'])),
  { minLength: 40, maxLength: 60, selector: ([name]) => name },
);
const DATA: Readonly<Record<string, string>> = {
  A: '192.0.2.20',
  AAAA: '2001:db8::20',
  MX: '10 mail',
  TXT: '"generated"',
  CNAME: 'web',
};
const QTYPES = [
  'A',
  'AAAA',
  'MX',
  'TXT',
  'NS',
  'SOA',
  'CNAME',
  'DS',
  'DNAME',
  'SRV',
  'HTTPS',
  'CAA',
  'TYPE65280',
];

let folder: string;
let servers: Record<string, Resolver> = {};
let lifeguard: DnsAddress;
/** Names of the zone, and others above, beside and below them. */
let names: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeguard-exported-'));
  const [records = []] = fc.sample(generated, 1);
  const lines = records.flatMap(([name, types]) => types.map((type) => `${name} ${type} ${DATA[type]}`));
  const owners = [
    ...new Set(
      `${ZONE}${lines.join('\n')}`
        .split('\n')
        .slice(2)
        .map((line) => line.split(' ')[0]!),
    ),
  ];
  names = [
    ...new Set(
      owners
        .filter((name) => name !== '@' && name !== '')
        .flatMap((name) => [
          name,
          `x.${name}`,
          `a.b.${name}`,
          name.replace(/^[^.]+/, 'zz'),
          name.replace(/^[^.]+\.?/, ''),
        ]),
    ),
  ].map((name) => (name === '' ? 'example.org' : `${name}.example.org`));
  await writeFile(join(folder, 'db'), `${ZONE}${lines.join('\n')}\n`);
  await writeFile(join(folder, 'lifeguard.yaml'), 'zones:\n  - name: example.org\n    file: db\n');
  const node = await startLifeguard('serve', {
    LIFEGUARD_CONFIG: join(folder, 'lifeguard.yaml'),
    LIFEGUARD_DATA_DIR: join(folder, 'data'),
  });
  lifeguard = node.dns;
  const base = `${new URL(node.api).origin}/client/v4/zones`;
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { result } = (await (await fetch(base, { headers })).json()) as { result: [{ id: string }] };
  const text = await (await fetch(`${base}/${result[0].id}/dns_records/export`, { headers })).text();
  const [bind, knot, nsd] = await Promise.all([startNamed(text), startKnot(text), startNsd(text)]);
  servers = { bind, knot, nsd };
});
afterAll(async () => {
  await endAll();
  await Promise.all(Object.values(servers).map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

/** An answer without what servers may choose: records beside positive answers, and the order of records. */
interface Compared {
  readonly question: string;
  readonly status: string | undefined;
  readonly isAuthoritative: boolean;
  readonly answer: readonly string[];
  /** SOA or NS, where the answer has no records of the type. */
  readonly authority: readonly string[];
  /** Addresses of the name servers of a zone cut. */
  readonly glue: readonly string[];
}

/** Asks a server all questions with one dig, and those once more where dig received its own query. */
async function asked(server: DnsAddress, questions: readonly string[]): Promise<Compared[]> {
  const texts = await textsOf(server, questions);
  const echoed = questions.flatMap((_, i) => (texts[i]?.isEcho ? [i] : []));
  if (echoed.length > 0) {
    const again = await textsOf(
      server,
      echoed.map((i) => questions[i]!),
    );
    for (const [at, i] of echoed.entries()) texts[i] = again[at]!;
  }
  return texts.map(({ text }, i) => comparedOf(questions[i]!, text));
}

/** What dig prints of each answer, and whether it was its own query. */
async function textsOf(server: DnsAddress, questions: readonly string[]) {
  const file = join(folder, `questions-${server.port}`);
  await writeFile(file, questions.map((question) => `${question}\n`).join(''));
  const options = ['+norecurse', '+noedns', '+tries=2', '+time=5', '+nostats', '+nocmd'];
  const { stdout } = await run(
    'dig',
    [`@${server.address}`, '-p', String(server.port), ...options, '-f', file],
    {
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  // The warning is before what it is about.
  const [before = '', ...texts] = stdout.split(';; Got answer:');
  return texts.map((text, i) => ({ text, isEcho: (texts[i - 1] ?? before).includes(ECHO) }));
}

function comparedOf(question: string, text: string): Compared {
  const section = (name: string) => {
    const body = new RegExp(`;; ${name} SECTION:\\n([^]*?)(?:\\n\\n|$)`).exec(text)?.[1] ?? '';
    return (
      body
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith(';'))
        // Knot and NSD fold the case of names when they load a zone.
        .map((line) => line.replace(/\s+/g, ' ').toLowerCase())
        .sort()
    );
  };
  const answer = section('ANSWER');
  const authority = section('AUTHORITY');
  const isReferral = answer.length === 0 && authority.some((line) => / ns /.test(line));
  const isNegative = authority.some((line) => / soa /.test(line));
  const cut = authority[0]?.split(' ')[0] ?? '';
  return {
    question,
    status: /status: ([A-Z]+)/.exec(text)?.[1],
    isAuthoritative: /flags: [a-z ]*\baa\b/.test(text),
    answer,
    authority: isReferral || isNegative ? authority : [],
    glue: isReferral ? section('ADDITIONAL').filter((line) => line.split(' ')[0]!.endsWith(`.${cut}`)) : [],
  };
}

test.each(['bind', 'knot', 'nsd'])('%s', async (name) => {
  const questions = names.flatMap((each, i) =>
    QTYPES.filter((_, at) => at < 2 || (at + i) % 4 === 0).map((type) => `${each} ${type}`),
  );
  expect(questions.length).toBeGreaterThan(1_000);
  const [ours, theirs] = await Promise.all([asked(lifeguard, questions), asked(servers[name]!, questions)]);
  expect(ours).toHaveLength(questions.length);
  expect(theirs.filter((each, i) => JSON.stringify(each) !== JSON.stringify(ours[i])).slice(0, 5)).toEqual(
    ours.filter((each, i) => JSON.stringify(each) !== JSON.stringify(theirs[i])).slice(0, 5),
  );
});
