import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/source/load.ts';
import { zoneFilesIn } from '../../../src/config/source/zone-files.ts';
import { formatName } from '../../../src/dns/name.ts';
import { formatProblem } from '../../../src/input/problem.ts';
import { setsOf } from '../loading.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lifeguard-zones-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Writes these files, and loads a configuration of example.org with these lines. */
function load(files: Readonly<Record<string, string | Uint8Array>>, lines = 'file: db.example.org') {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const inZone = lines.split('\n').map((line) => `    ${line}\n`);
  writeFileSync(join(folder, 'lifeguard.yaml'), `zones:\n  - name: example.org\n${inZone.join('')}`);
  return loadConfig({ path: join(folder, 'lifeguard.yaml'), env: {} });
}

/** The problems of such a configuration, without the folder of this test. */
function problemsOf(...given: Parameters<typeof load>): string[] {
  const loaded = load(...given);
  return loaded.ok ? [] : loaded.problems.map((each) => formatProblem(each).replaceAll(folder, '/folder'));
}

const HEAD = '$TTL 1h\n@ 60 SOA Ns1 host 7 1h 10m 1d 30\n@ NS Ns1\nns1 A 192.0.2.53\n';
const DB = { 'db.example.org': HEAD };

describe('a zone of a file', () => {
  test('has its SOA, name servers and records from there, and pools beside', () => {
    const loaded = load(
      {
        'zones/db': `${HEAD}www 5 CNAME web.pools\n$INCLUDE more/mail\n`,
        'zones/more/mail': '@ MX 10 mail\nmail A 192.0.2.2\n',
      },
      'file: zones/db\npools: pools\npool_ttl: 7',
    );
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
    const [zone] = loaded.config.zones;
    const { mname, rname, ...times } = zone!.soa;
    expect([mname, rname, zone!.apex, zone!.pools!].map(formatName)).toEqual([
      'Ns1.example.org.',
      'host.example.org.',
      'example.org.',
      'pools.example.org.',
    ]);
    expect(times).toEqual({
      ttlSeconds: 60,
      refreshSeconds: 3_600,
      retrySeconds: 600,
      expireSeconds: 86_400,
      minimumSeconds: 30,
    });
    expect(zone!.poolTtlSeconds).toBe(7);
    const [first, ...rest] = setsOf(zone!).map((set) => set.split(' ').slice(0, 3).join(' '));
    expect([first, ...rest]).toEqual([
      'example.org. 3600 NS',
      'ns1.example.org. 3600 A',
      'www.example.org. 5 CNAME',
      'example.org. 3600 MX',
      'mail.example.org. 3600 A',
    ]);
  });

  test.each([
    {
      what: 'no such file',
      files: {},
      problem: /^zones\[0\]\.file: "db\.example\.org" cannot be read \(ENOENT: /,
    },
    {
      what: 'a folder',
      files: { 'db.example.org/x': '' },
      problem:
        'zones[0].file: "db.example.org" cannot be read (/folder/db.example.org is a directory; it must be a regular file)',
    },
    { what: 'an empty path', files: DB, lines: "file: ''", problem: 'zones[0].file: "" names no file' },
    {
      what: 'no text',
      files: DB,
      lines: 'file: 7',
      problem: 'zones[0].file: must be a string, not 7; put it in quotes',
    },
    {
      what: 'SOA beside it',
      files: DB,
      lines: 'file: db.example.org\nsoa: { ttl: 5 }',
      problem: 'zones[0].soa: is in the zone file; remove it here',
    },
    {
      what: 'records beside it',
      files: DB,
      lines: 'file: db.example.org\nrecords: []',
      problem: 'zones[0].records: is in the zone file; remove it here',
    },
    {
      what: 'no octets of UTF-8',
      files: { 'db.example.org': Buffer.from('\n; \xff', 'latin1') },
      problem:
        'zones[0].file: "db.example.org" is not UTF-8 on line 2; write such octets as \\DDD, with three decimal digits',
    },
    {
      what: 'no SOA',
      files: { 'db.example.org': '@ 5 NS ns.example.net.' },
      problem: 'db.example.org: has no SOA of example.org.',
    },
    {
      what: 'no NS',
      files: { 'db.example.org': '@ 5 SOA a b 1 2 3 4 5' },
      problem: 'db.example.org: has no NS records of example.org.',
    },
    {
      what: 'a broken line',
      files: { 'db.example.org': `${HEAD}a A 1\n` },
      problem: 'db.example.org:5:5: A "1" is not an IPv4 address',
    },
    {
      what: 'a rule of zones',
      files: { 'db.example.org': `${HEAD}a CNAME b\na A 192.0.2.1\n` },
      problem:
        'db.example.org:5: a.example.org. has A as well (db.example.org:6); a CNAME must be the only record at its name (RFC 1034 §3.6.2)',
    },
    {
      what: 'a name server without an address',
      files: { 'db.example.org': `${HEAD}@ NS ns2\n` },
      problem: 'db.example.org:5: ns2.example.org. is in the zone, so its addresses must be here too',
    },
    {
      what: 'records among pools',
      files: { 'db.example.org': `${HEAD}pools A 192.0.2.1\n` },
      lines: 'file: db.example.org\npools: pools',
      problem:
        'db.example.org:5: pools.example.org. is the name below which pools are answered, and can have no records',
    },
    {
      what: 'an included file elsewhere',
      files: { 'z/db': '$INCLUDE ../other\n', other: '' },
      lines: 'file: z/db',
      problem: 'z/db:1:10: "../other" is outside the folder of the zone file; $INCLUDE reads no other',
    },
    {
      what: 'an included file with a full path elsewhere',
      files: { 'z/db': '$INCLUDE /dev/null\n' },
      lines: 'file: z/db',
      problem: 'z/db:1:10: "/dev/null" is outside the folder of the zone file; $INCLUDE reads no other',
    },
    {
      what: 'an included file that is not there',
      files: { 'z/db': '$INCLUDE x\n' },
      lines: 'file: z/db',
      problem: /^z\/db:1:10: "x" cannot be read \(ENOENT: /,
    },
    {
      what: 'a loop of files',
      files: { 'z/db': '$INCLUDE a/../x\n', 'z/a/b': '', 'z/x': '$INCLUDE db\n' },
      lines: 'file: z/db',
      problem: 'z/x:1:10: "db" includes itself',
    },
  ])('$what is a problem', ({ files, lines, problem }) => {
    const [first, ...rest] = problemsOf(files as Readonly<Record<string, string>>, lines);
    expect(rest).toEqual([]);
    if (typeof problem === 'string') expect(first).toBe(problem);
    else expect(first).toMatch(problem);
  });

  test('a link may lead to another file of the folder, and to none elsewhere', () => {
    const files = { 'z/db': `${HEAD}$INCLUDE link\n`, 'z/real': 'a A 192.0.2.1\n', other: 'a A 192.0.2.1\n' };
    mkdirSync(join(folder, 'z'));
    symlinkSync('real', join(folder, 'z/link'));
    expect(problemsOf(files, 'file: z/db')).toEqual([]);
    rmSync(join(folder, 'z/link'));
    symlinkSync('../other', join(folder, 'z/link'));
    expect(problemsOf(files, 'file: z/db')).toEqual([
      'z/db:5:10: "link" is outside the folder of the zone file; $INCLUDE reads no other',
    ]);
  });

  test('all its files together have a limit of octets', () => {
    writeFileSync(join(folder, 'db'), '123456');
    writeFileSync(join(folder, 'x'), '1234');
    const open = (octetsMax: number) => zoneFilesIn(folder, octetsMax)('db').include('x').text;
    expect(open(10)).toBe('1234');
    expect(() => open(9)).toThrow('x has more than 3 octets');
    expect(() => open(5)).toThrow('db has more than 5 octets');
  });
});
