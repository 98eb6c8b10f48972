import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GroupBody } from '../../src/admin/monitor-groups/schema.ts';
import { MONITOR_DEFAULTS } from '../../src/admin/monitors/schema.ts';
import { PoolBody } from '../../src/admin/pools/schema.ts';
import { MONITOR_TYPES } from '../../src/check/monitor.ts';
import { createProgram } from '../../src/cli/program.ts';
import { PROJECT, readTree } from '../support/source-tree.ts';
import { codeOf } from './fences.ts';

const pages = readTree('*.md', 'docs/**/*.md');

const texts = readTree('package.json');
const code = [...pages].flatMap(([page, text]) => codeOf(text).map((line) => ({ page, line })));

/** Returns the part of a page below a heading. */
function section(page: string, heading: string): string {
  const [, text] = new RegExp(`^#+ ${heading}\\n([^]*?)(?=^#|$(?![^]))`, 'm').exec(pages.get(page)!) ?? [];
  if (text === undefined) throw new Error(`${page} has no heading "${heading}"`);
  return text;
}

/** Code spans of each cell of each row of the tables in a text, their heads left out. */
function rows(text: string): string[][][] {
  const lines = text.split('\n').filter((line) => /^\| (?!-)/.test(line));
  return lines.map((line) =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, span]) => span!)),
  );
}

const program = createProgram();
const COMMANDS = program.commands.map((command) => command.name());
/** What a command line accepts: commands and options. */
const WORDS = [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)].flatMap(
  (command) => [
    command.name(),
    '--help',
    '-h',
    ...command.options.flatMap(({ short, long }) => [short, long]),
  ],
);

describe('pages', () => {
  test('every link points to a file and a heading that exist', () => {
    const links = [...pages].flatMap(([page, text]) =>
      [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to]) => ({ page, to: to! })),
    );
    const inside = links.filter(({ to }) => !/^https?:/.test(to));
    expect(inside.length).toBeGreaterThan(100);
    const broken = inside.filter(({ page, to }) => {
      const [file, anchor] = to.split('#');
      const path = file === '' ? page : join(dirname(page), file!);
      if (!existsSync(join(PROJECT, path))) return true;
      return anchor !== undefined && !anchorsOf(pages.get(path) ?? '').includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  test('named files and folders exist', () => {
    const named = code.flatMap(({ page, line }) => {
      const [path] = /^(?:src|test|config|docs)\/[\w./-]*$/.exec(line) ?? [];
      // The map leaves out src/ below its heading.
      const [inSource] = /^(?:monitor|serve|pool|answer|admin|probe)\/[\w./-]*$/.exec(line) ?? [];
      return [path, inSource && `src/${inSource}`].flatMap((file) => (file ? [{ page, file }] : []));
    });
    expect(named.length).toBeGreaterThan(15);
    expect(named.filter(({ file }) => !existsSync(join(PROJECT, file)))).toEqual([]);
  });

  test('npm scripts exist, and all useful ones are documented', () => {
    const { scripts } = JSON.parse(texts.get('package.json')!) as { scripts: Record<string, string> };
    const used = code.flatMap(({ line }) =>
      [...line.matchAll(/\bnpm (?:run )?([a-z][\w:-]*)/g)].map(([, script]) => script!),
    );
    // What `npm test` runs by itself, and its parts, need not be known.
    const parts = ['pretest', 'types', 'lint', 'format', 'prepack'];
    const told = Object.keys(scripts).filter((script) => !parts.includes(script));
    expect(new Set(used)).toEqual(new Set(['ci', 'install', 'pack', ...told]));
  });

  test('commands and options exist', () => {
    const used = code.flatMap(({ line }) => {
      const [, rest] = /\b(?:npm run lifeguard --|node src\/lifeguard\.js) (.*)/.exec(line) ?? [];
      const option = /^--?[a-z]/.test(line) ? line : undefined;
      const words = (rest ?? option ?? '').split(/\s+/).filter((word) => /^[a-z-]/.test(word));
      return words;
    });
    expect(used).toEqual(expect.arrayContaining(['--config', '--help', 'serve', 'monitor']));
    expect(used.filter((word) => !WORDS.includes(word))).toEqual([]);
  });

  test('COMMANDS.md lists every command', () => {
    const told = rows(section('docs/COMMANDS.md', 'All commands')).flatMap(([command]) => command!);
    expect(told.toSorted()).toEqual(COMMANDS.toSorted());
  });
});

test('the fields listed on the page of pools exist in the API', () => {
  const [text] = pages.get('docs/POOLS.md')!.split('## Endpoints with a host name');
  const listed = [...text!.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g)].map(([, name]) => name!);
  const { properties } = PoolBody;
  const known = [
    ...['load_balancers', 'monitor_groups', 'last_healthy', 'expected_codes'],
    ...MONITOR_TYPES,
    ...Object.keys(properties),
    ...Object.keys(properties.origins.items.properties),
    ...Object.keys(MONITOR_DEFAULTS),
    ...Object.keys(GroupBody.properties.members.items.properties),
  ];
  expect(listed.length).toBeGreaterThan(8);
  expect(listed.filter((name) => !known.includes(name))).toEqual([]);
});

/** The anchors of the headings of a page, as GitHub makes them. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!);
  return headings.map((heading) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
