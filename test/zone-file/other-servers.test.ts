import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { read } from './reading.ts';

const run = promisify(execFile);

/** Begins every file here; BIND and NSD load no zone without an SOA and an NS. */
const HEAD = '$TTL 60\n@ 60 IN SOA ns1 host 7 3600 600 86400 30\n@ 60 NS ns1\nns1 60 A 192.0.2.1\n';

interface FileForm {
  readonly form: string;
  /** Absent: HEAD. */
  readonly head?: string;
  readonly text: string;
  /** NSD does not read it, or in another way. */
  readonly isBindOnly?: true;
}

/** Forms of zone files. */
const FILES: readonly FileForm[] = [
  {
    form: 'TTL and class in any order',
    text: 'a IN 5 A 192.0.2.1\nb 5 IN A 192.0.2.1\nc IN A 192.0.2.1\nd 6 A 192.0.2.1\n',
  },
  { form: 'TTL units', text: '$TTL 1w2d3h4m5s\na A 192.0.2.1\nb 1H A 192.0.2.1\n' },
  {
    form: '$TTL between records',
    text: 'a A 192.0.2.1\n$TTL 5\nb A 192.0.2.1\nc 7 A 192.0.2.1\nd A 192.0.2.1\n$TTL 6\ne A 192.0.2.1\n',
  },
  {
    form: '$TTL before the last TTL',
    text: 'a 9 A 192.0.2.1\nb A 192.0.2.1\nc 8 A 192.0.2.1\nd A 192.0.2.1\n',
  },
  {
    form: 'omitted owners',
    text: 'a A 192.0.2.1\n\tAAAA 2001:db8::1\n ; comment\n\n  5 TXT x\n@ 5 TXT y\n 5 MX 10 a\n',
  },
  { form: 'parentheses', text: 'a 5 TXT ( one\n two )\nb ( 5 TXT\n"x y"\n) ; end\n' },
  { form: 'parentheses in parentheses', text: 'c 5 TXT ((a) b)\nd(5)A(192.0.2.1)\n', isBindOnly: true },
  { form: 'quotes', text: 'a 5 TXT "a b" c "" "d;e" f\\;g "h\\"i" "\\\\" "j(k" l\\(m\n' },
  { form: 'strings side by side', text: 'a 5 TXT "a""b"\nb 5 TXT a"b"\n', isBindOnly: true },
  {
    form: 'decimal escapes',
    text: 'a\\046b 5 A 192.0.2.1\nc\\.d 5 TXT "\\065\\200" \\032\ne\\032f 5 A 192.0.2.1\n',
  },
  { form: 'CRLF', text: 'a 5 A 192.0.2.1\r\nb 5 TXT (\r\nx\r\n) ; y\r\n\r\n\t5 AAAA 2001:db8::1\r\n' },
  { form: 'comments after all', text: 'a 5 A 192.0.2.1;x\nb 5 TXT y;z\n;\n;;;\n   ;\n' },
  {
    form: 'relative names',
    text: '$ORIGIN sub\na 5 CNAME b\n$ORIGIN x.sub\nc 5 MX 1 @\n@ 5 NS ns\nns 5 A 192.0.2.1\n$ORIGIN example.org.\nd 5 CNAME @\n',
    isBindOnly: true,
  },
  {
    form: 'types by number',
    text: 'a 5 TYPE1 \\# 4 c0 00 02 01\nb 5 CLASS1 TYPE65280 \\# 0\nc 5 A \\# 4 c0000201\n',
  },
  {
    form: 'wildcards and asterisks',
    text: '* 5 A 192.0.2.1\n*.a 5 A 192.0.2.1\na.*.b 5 A 192.0.2.1\n\\*x 5 A 192.0.2.1\n',
  },
  {
    form: 'included files',
    text: 'o 5 A 192.0.2.1\n$INCLUDE inc\n$INCLUDE inc sub\n 5 AAAA 2001:db8::1\nz A 192.0.2.9\n',
    isBindOnly: true,
  },
  {
    form: 'TTLs without $TTL',
    head: HEAD.slice('$TTL 60\n'.length),
    text: 'a A 192.0.2.1\nb 9 A 192.0.2.1\nc A 192.0.2.1\n',
    isBindOnly: true,
  },
  {
    form: 'an SOA without a TTL',
    head: '@ SOA ns1 host 7 1H 10M 1D 30\n@ NS ns1\nns1 A 192.0.2.1\n',
    text: 'a 9 A 192.0.2.1\nb A 192.0.2.1\n',
    isBindOnly: true,
  },
  {
    form: '$GENERATE',
    text: `$GENERATE 1-3 h$ 5 A 192.0.2.$\n$GENERATE 8-12/2 \${1,4}.g 5 IN CNAME x$.\${-8,2,x}\n`,
    isBindOnly: true,
  },
  {
    form: '$GENERATE of nibbles',
    text: `$GENERATE 255-258 \${0,7,n} 5 PTR h\${0,0,X}\n$GENERATE 1-1 q 5 MX "5 m$"\n`,
    isBindOnly: true,
  },
  { form: '$GENERATE with dollar signs', text: '$GENERATE 1-2 a$ 5 TXT "x\\$ $$ $"\n', isBindOnly: true },
];

const INCLUDED = 'i 7 A 192.0.2.1\n$TTL 8\n$ORIGIN deep\nj A 192.0.2.1\n';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lifeguard-zone-file-'));
  await writeFile(join(folder, 'inc'), INCLUDED);
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a file for the other program, and returns the records that we read in it. */
async function written({ head = HEAD, text }: FileForm): Promise<string[]> {
  await writeFile(join(folder, 'db'), `${head}${text}`);
  const { problems, lines } = read(`${head}${text}`, { files: { inc: INCLUDED } });
  return [...problems, ...lines].sort();
}

/** The records in what another program printed. */
function printed(stdout: string): string[] {
  const { problems, lines } = read(stdout);
  return [...problems, ...lines].sort();
}

test.each(FILES)('BIND reads the same: $form', async (file) => {
  const ours = await written(file);
  const options = ['-q', '-i', 'none', '-k', 'ignore', '-o', '-', 'example.org', 'db'];
  const { stdout } = await run('named-compilezone', options, { cwd: folder });
  expect(ours).toEqual(printed(stdout));
});

test.each(FILES.filter(({ isBindOnly }) => !isBindOnly))('NSD reads the same: $form', async (file) => {
  const ours = await written(file);
  const { stdout } = await run('nsd-checkzone', ['-p', 'example.org', 'db'], { cwd: folder });
  expect(ours).toEqual(printed(stdout));
});
