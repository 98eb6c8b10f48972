import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  cycles,
  type Import,
  importsOf,
  PROJECT,
  reachable,
  readTree,
  type Tree,
} from './support/source-tree.ts';

/** Folders of src by rank; an import goes to the same folder or to a lower rank. */
const RANKS = [
  ['dns', 'input', 'pace'],
  ['pool', 'place', 'rdata'],
  ['check', 'zone-file'],
  ['event'],
  ['health'],
  ['voting'],
  ['load-balancer'],
  ['zone'],
  ['answer'],
  ['config', 'telemetry', 'store', 'probe'],
  ['monitor', 'serve', 'notify', 'admin', 'demo', 'dashboard'],
  ['commands'],
  ['cli'],
  ['main.ts'],
];
/** From this rank on, packages and `node:` modules may be imported. */
const RANK_OF_OUTSIDE = RANKS.findIndex((names) => names.includes('config'));
/** What the pure ranks import nevertheless. */
const PURE_BUT: Readonly<Record<string, readonly string[]>> = {
  'src/dns/codec.ts': ['dns2'],
  'src/load-balancer/condition/grammar.ts': ['node:module', 'peggy'],
  'src/load-balancer/condition/matches.ts': ['node:module', 'refa'],
  'src/place/mmdb.ts': ['mmdb-lib'],
};

/** The only places a package may be imported from. */
const DOORS: Readonly<Record<string, { readonly at: RegExp; readonly files: number }>> = {
  dns2: { at: /^src\/dns\/codec\.ts$/, files: 1 },
  'mmdb-lib': { at: /^src\/place\/mmdb\.ts$/, files: 1 },
  ioredis: { at: /^src\/store\/redis\/connection\/(client|primary\/(sentinel|cluster))\.ts$/, files: 3 },
  peggy: { at: /^src\/load-balancer\/condition\/grammar\.ts$/, files: 1 },
  refa: { at: /^src\/load-balancer\/condition\/matches\.ts$/, files: 1 },
  undici: { at: /^src\/notify\/webhook\.ts$/, files: 1 },
  nodemailer: { at: /^src\/notify\/mail\.ts$/, files: 1 },
  'prom-client': { at: /^src\/telemetry\/metrics\.ts$/, files: 1 },
  pino: { at: /^src\/telemetry\/log\.ts$/, files: 1 },
  '@fastify/busboy': { at: /^src\/admin\/records\/zone-file\/upload\.ts$/, files: 1 },
  fastify: { at: /^src\/admin\//, files: Number.POSITIVE_INFINITY },
  koffi: { at: /^src\/(serve\/udp|probe)\//, files: Number.POSITIVE_INFINITY },
};

/** Files that other files do not import: the program's start and the starts of its threads. */
const isEntry = (file: string) => file === 'src/main.ts' || file.endsWith('-entry.ts');
/** What a thread that answers UDP may reach. */
const DATA_PLANE =
  /^(src\/(dns|answer|answer\/(direct|edns|sample|steering|targets)|serve\/udp|serve\/udp\/socket|serve\/thread)\/(?!compile)[^/]*|src\/load-balancer\/steering\/client-hash\.ts|src\/place\/locate\.ts|koffi|node:module|node:worker_threads)$/;
/** What the thread of the portable engine may reach beyond that. */
const PORTABLE_PLANE =
  /^(src\/(serve\/listen\/peer|config\/listen-address|input\/(reader|problem|nearest))\.ts|node:(dgram|net|os|process))$/;
/** What the thread that answers TCP, TLS and HTTPS may reach. */
const STREAM_PLANE =
  /^(src\/(dns|answer|answer\/(direct|edns|sample|steering|targets)|serve\/(stream|successor|thread|tls|doh))\/(?!compile|codec)[^/]*|src\/load-balancer\/steering\/client-hash\.ts|src\/place\/locate\.ts|src\/serve\/(listen\/(peer|is-at)|udp\/proxy-header)\.ts|src\/config\/(source\/regular-file|tls-version)\.ts|src\/telemetry\/repeats\.ts|node:(crypto|fs|fs\/promises|http|http2|net|process|tls|worker_threads))$/;

/**
 * The start in plain JavaScript looks at Node's version before anything that an older one cannot read is loaded; koffi
 * may have no build for this machine, where the portable engine and the checks without ping must run all the same. To ask
 * a server, who is none itself need not wait for all that makes one; most servers send no mail, and answer no HTTPS; and most read no condition;
 * most pages of the dashboard show no map.
 */
const MAY_IMPORT_LATER = [
  'src/lifeguard.js',
  'src/main.ts',
  'src/commands/processes.ts',
  'src/commands/run.ts',
  'src/commands/manage.ts',
  'src/admin/openapi/docs-page.ts',
  'src/notify/mail.ts',
  'src/serve/stream/stream-entry.ts',
  'src/serve/stream/encrypted.ts',
  'src/serve/udp/socket/libc.ts',
  'src/probe/icmp/socket.ts',
  'src/load-balancer/condition/grammar.ts',
  'src/load-balancer/condition/matches.ts',
  'src/dashboard/map/world-map.js',
];

/** Words of which docs/GLOSSARY.md says that they are not used. */
const REPLACED_WORDS = /\b(bygone|teller|whoever|heard|speakers?|holdings|so long)\b/i;

const LINES_MAX = 400;
/** Files of one folder: more than a reader takes in at a look. */
const FILES_MAX = 15;
/** Lines of docs/ARCHITECTURE.md: two screens. */
const MAP_LINES_MAX = 100;
const DRAWERS = /^(utils?|helpers?|commons?|types?|misc|shared|index)(\.|$)/;
/** `type.ts` is the registry of DNS types, not of the program's. */
const NO_DRAWERS = ['src/dns/type.ts'];

const source = readTree('src/**/*.ts');
const code = readTree('{src,test,bench,packaging}/**/*.{ts,js,mjs,sh,lua}', '*.ts', '.ci/*', 'bin/*');
const everything = new Map([
  ...code,
  ...readTree('{config,docs}/**/*.*', '*.{md,json,yml}', 'Dockerfile', '.dockerignore', 'LICENSE'),
]);
const imports = importsOf(source);

/** The part of a path that has a rank: a folder of src, or a file in src itself. */
const ranked = (file: string) => file.split('/')[1]!;
const rankOf = (file: string) => RANKS.findIndex((names) => names.includes(ranked(file)));
const isOutside = (name: string) => !name.startsWith('src/');

/** Imports that go up or sideways, or from or to a folder without rank. */
function againstRank(all: readonly Import[]): string[] {
  return all
    .filter(({ to }) => !isOutside(to))
    .filter(({ from, to }) => {
      if (rankOf(from) === -1 || rankOf(to) === -1) return true;
      return ranked(from) !== ranked(to) && rankOf(to) >= rankOf(from);
    })
    .map(({ from, to }) => `${from} imports ${to}`);
}

/** Imports of packages and `node:` modules by the pure ranks. */
function impure(all: readonly Import[]): string[] {
  return all
    .filter(
      ({ from, to }) => isOutside(to) && rankOf(from) < RANK_OF_OUTSIDE && !PURE_BUT[from]?.includes(to),
    )
    .map(({ from, to }) => `${from} imports ${to}`);
}

/** Files that import a package beside its door, and doors that are too many. */
function besideDoors(all: readonly Import[]): string[] {
  return Object.entries(DOORS).flatMap(([name, { at, files }]) => {
    const users = [...new Set(all.filter(({ to }) => to === name).map(({ from }) => from))];
    if (users.length > files) return [`${name} has ${users.length} doors: ${users.join(', ')}`];
    return users.filter((file) => !at.test(file)).map((file) => `${file} imports ${name}`);
  });
}

/** Lines that match, as `path:line`. */
function linesWith(tree: Tree, pattern: RegExp): string[] {
  return [...tree].flatMap(([file, text]) =>
    text.split('\n').flatMap((line, index) => (pattern.test(line) ? [`${file}:${index + 1}`] : [])),
  );
}

/**
 * Exports without a doc comment. One comment may stand over a group of lines, and a type with the values or the shape of
 * the constant above it shares that one's.
 */
function undocumented(tree: Tree): string[] {
  return [...tree].flatMap(([file, text]) => {
    const lines = text.split('\n');
    const isLine = (line: string | undefined) => /^export const .*;\s*(\/\/.*)?$/.test(line ?? '');
    return lines.flatMap((line, index) => {
      if (!/^export (?!\*|\{|type \{)/.test(line)) return [];
      let above = index - 1;
      if (isLine(line)) while (isLine(lines[above])) above -= 1;
      if (/\*\/\s*$/.test(lines[above] ?? '')) return [];
      return /^export type \w+ =\s*\(?\s*(keyof )?\(?typeof\b/.test(line) ? [] : [`${file}:${index + 1}`];
    });
  });
}

describe('layout', () => {
  test('there is source to look at', () => {
    expect(source.size).toBeGreaterThan(20);
    expect(imports.length).toBeGreaterThan(20);
  });

  test('imports go down the ranks', () => expect(againstRank(imports)).toEqual([]));

  test('the pure ranks import nothing from outside', () => expect(impure(imports)).toEqual([]));

  test('each package comes in by its door', () => expect(besideDoors(imports)).toEqual([]));

  test('nothing imports itself by a detour', () => {
    expect(cycles(imports).map((cycle) => cycle.join(' → '))).toEqual([]);
  });

  test('imports are where a reader sees them: at the top, static, and of files that are there', () => {
    const later = /\bimport\s*\(|\brequire\s*\(|\bcreateRequire\b|\bgetBuiltinModule\b/;
    const found = linesWith(readTree('src/**/*.{ts,js}'), later);
    expect(found.filter((line) => !MAY_IMPORT_LATER.includes(line.split(':')[0]!))).toEqual([]);
    expect(imports.filter(({ to }) => !isOutside(to) && !source.has(to))).toEqual([]);
  });

  test('every file is reached from an entry', () => {
    const used = reachable(imports, [...source.keys()].filter(isEntry));
    expect([...source.keys()].filter((file) => !used.has(file))).toEqual([]);
  });

  test('a thread that answers UDP reaches no clock, store, log or compiler', () => {
    const loaded = imports.filter(({ typeOnly }) => !typeOnly);
    const reached = (entry: string) => [...reachable(loaded, [`src/serve/udp/${entry}.ts`])];
    expect(reached('batched-entry').filter((name) => !DATA_PLANE.test(name))).toEqual([]);
    const allowed = (name: string) => DATA_PLANE.test(name) || PORTABLE_PLANE.test(name);
    expect(reached('portable-entry')).toContain('node:dgram');
    expect(reached('portable-entry').filter((name) => !allowed(name))).toEqual([]);
  });

  test('the thread that answers TCP, TLS and HTTPS reaches no store, log or compiler, and loads TLS and HTTP only when it needs them', () => {
    const loaded = imports.filter(({ typeOnly }) => !typeOnly);
    const entry = 'src/serve/stream/stream-entry.ts';
    const reached = reachable(loaded, [entry]);
    expect([...reached].filter((name) => !STREAM_PLANE.test(name))).toEqual([]);
    expect(reached).toContain('node:http2');
    const atOnce = reachable(
      loaded.filter(({ isLate }) => !isLate),
      [entry],
    );
    expect(atOnce).toContain('node:net');
    expect([...atOnce].filter((name) => /^node:(tls|http|http2|crypto|fs)$/.test(name))).toEqual([]);
  });

  test('the files that answer bind the constants and functions that they import, which V8 would load at each use', () => {
    const loaded = imports.filter(({ typeOnly }) => !typeOnly);
    const answering = [...reachable(loaded, ['src/answer/respond.ts', 'src/answer/warm.ts'])];
    const files = answering.filter((file) => file.startsWith('src/answer/'));
    expect(files).toContain('src/answer/edns/opt.ts');
    const tree = new Map(files.map((file) => [file, source.get(file)!]));
    expect(linesWith(tree, /^import (?!type |\* as )/)).toEqual([]);
  });

  test('the command line reaches no schema of the API, of which the library alone takes as long as all else', () => {
    const loaded = imports.filter(({ typeOnly, isLate }) => !typeOnly && !isLate);
    const used = reachable(loaded, ['src/cli/program.ts']);
    expect(used).toContain('src/cli/client-commands.ts');
    const readers = loaded.filter(({ to }) => to === 'typebox').map(({ from }) => from);
    expect(readers).toContain('src/admin/http/paging.ts');
    expect(readers.filter((file) => used.has(file))).toEqual([]);
  });
});

describe('files', () => {
  test('are named for what is in them', () => {
    const names = [...code.keys()].flatMap((file) => [file, dirname(file)]);
    const drawers = names.filter((name) => DRAWERS.test(basename(name)) && !NO_DRAWERS.includes(name));
    expect([...new Set(drawers)]).toEqual([]);
  });

  test(`have ${LINES_MAX} lines at most`, () => {
    const long = [...code].filter(([, text]) => text.trimEnd().split('\n').length > LINES_MAX);
    expect(long.map(([file]) => file)).toEqual([]);
  });

  test(`are ${FILES_MAX} at most in a folder`, () => {
    const inFolders = Map.groupBy(
      [...code.keys()].filter((file) => file.includes('/')),
      dirname,
    );
    const full = [...inFolders].filter(([, files]) => files.length > FILES_MAX);
    expect(full.map(([folder, files]) => `${folder} has ${files.length}`)).toEqual([]);
  });

  test('the map of the code has two screens', () => {
    expect(everything.get('docs/ARCHITECTURE.md')!.trimEnd().split('\n').length).toBeLessThanOrEqual(
      MAP_LINES_MAX,
    );
  });

  test('leave nothing for later', () => {
    // In two pieces, so that this file may be looked at too.
    expect(linesWith(everything, new RegExp(`\\b(TO${'DO'}|FIX${'ME'})\\b`))).toEqual([]);
  });

  test('leave no test out', () => {
    const tests = new Map([...code].filter(([file]) => file.startsWith('test/')));
    expect(linesWith(tests, /\b(test|it|describe|suite)(\.\w+)*\.(only|skip|todo)\b/)).toEqual([]);
  });

  test('draw at random from the seed of the run alone', () => {
    const drawing = [...code].filter(
      ([file]) => file.startsWith('test/') && file !== 'test/support/property.ts',
    );
    // In two pieces, so that this file may be looked at too.
    expect(linesWith(new Map(drawing), new RegExp(`from '${'fast'}-check'|Math\\.${'random'}\\(`))).toEqual(
      [],
    );
  });

  test('name no place of the machine they were written on', () => {
    const homes = linesWith(everything, /(?<![\w.~-])\/(home|root|Users)\/\w/);
    // Elsewhere than below a folder of its own the project's path is too short to be looked for.
    const here = PROJECT.slice(0, -1);
    const own =
      here.lastIndexOf('/') > 0 ? linesWith(everything, new RegExp(`${RegExp.escape(here)}(?!\\w)`)) : [];
    expect([...homes, ...own]).toEqual([]);
  });

  test('use the words of docs/GLOSSARY.md, and none that it replaced', () => {
    const read = [...everything].filter(
      ([file]) => /^(src\/|docs\/|README)/.test(file) && file !== 'docs/GLOSSARY.md',
    );
    expect(linesWith(new Map(read), REPLACED_WORDS)).toEqual([]);
  });

  test('say of every export what it is', () => expect(undocumented(source)).toEqual([]));
});

describe('these rules find what they are for', () => {
  const tree: Tree = new Map([
    ['src/dns/a.ts', "import { b } from '../pool/b.ts';\nimport 'node:fs';\nexport const a = 1;\n"],
    ['src/pool/b.ts', "/** B. */\nexport { a } from '../dns/a.ts';\nexport type B =\n  | 1;\n"],
    ['src/store/c.ts', "import type {\n  d,\n} from '../probe/d.ts';\nimport { parse } from 'pino/file';\n"],
    [
      'src/probe/d.ts',
      "import e, { type F } from '@scope/name/sub';\n/** D. */\nexport const d = ['x'] as const;\nexport type D = (typeof d)[number];\n",
    ],
    ['src/new/f.ts', "import { d } from '../probe/d.ts';\n"],
  ]);
  const found = importsOf(tree);

  test('imports', () => {
    expect(found.map(({ from, to, typeOnly }) => [from, to, typeOnly])).toEqual([
      ['src/dns/a.ts', 'src/pool/b.ts', false],
      ['src/dns/a.ts', 'node:fs', false],
      ['src/pool/b.ts', 'src/dns/a.ts', false],
      ['src/store/c.ts', 'src/probe/d.ts', true],
      ['src/store/c.ts', 'pino', false],
      ['src/probe/d.ts', '@scope/name', false],
      ['src/new/f.ts', 'src/probe/d.ts', false],
    ]);
  });

  test('up, sideways and from nowhere', () => {
    expect(againstRank(found)).toEqual([
      'src/dns/a.ts imports src/pool/b.ts',
      'src/store/c.ts imports src/probe/d.ts',
      'src/new/f.ts imports src/probe/d.ts',
    ]);
  });

  test('outside, doors, cycles, reach', () => {
    expect(impure(found)).toEqual(['src/dns/a.ts imports node:fs']);
    expect(besideDoors(found)).toEqual(['src/store/c.ts imports pino']);
    expect(cycles(found)).toEqual([['src/dns/a.ts', 'src/pool/b.ts', 'src/dns/a.ts']]);
    expect([...reachable(found, ['src/store/c.ts'])]).toEqual([
      'src/store/c.ts',
      'src/probe/d.ts',
      'pino',
      '@scope/name',
    ]);
  });

  test('doc comments', () => {
    expect(undocumented(tree)).toEqual(['src/dns/a.ts:3', 'src/pool/b.ts:3']);
  });

  test.each([
    { name: 'src/dns/name.ts', allowed: true },
    { name: 'src/answer/table.ts', allowed: true },
    { name: 'src/answer/compile/nodes.ts', allowed: false },
    { name: 'src/answer/compile-zone.ts', allowed: false },
    { name: 'src/serve/udp/engine.ts', allowed: true },
    { name: 'src/serve/udp/socket/libc.ts', allowed: true },
    { name: 'src/serve/follow/refresh.ts', allowed: false },
    { name: 'src/serve/thread/supervised.ts', allowed: true },
    { name: 'src/telemetry/log.ts', allowed: false },
    { name: 'dns2', allowed: false },
    { name: 'node:fs', allowed: false },
  ])('$name in the data plane: $allowed', ({ name, allowed }) => expect(DATA_PLANE.test(name)).toBe(allowed));
});

test('the lock file has every package that another platform needs, without which npm ci refuses it', () => {
  const { packages } = JSON.parse(readFileSync(`${PROJECT}package-lock.json`, 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string> }>;
  };
  const wanted = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
    Object.keys(optionalDependencies),
  );
  expect(wanted.filter((name) => packages[`node_modules/${name}`] === undefined)).toEqual([]);
});
