import { describe, expect, test } from 'vitest';
import { ALIASES_MAX, FILE_OCTETS_MAX, parseYaml } from '../../../src/config/source/yaml.ts';

const parse = (text: string) => parseYaml(Buffer.from(text), 'f.yaml');
const problemsIn = (text: string) => {
  const parsed = parse(text);
  return parsed.ok ? [] : parsed.problems.map(({ path, message }) => `${path}: ${message}`);
};

test.each([
  { text: '', value: {}, what: 'nothing' },
  { text: '# only a comment\n', value: {}, what: 'a comment' },
  { text: 'a: yes\nb: 0x10\nc: ~\n', value: { a: 'yes', b: 16, c: null }, what: 'core schema scalars' },
  { text: '%YAML 1.1\n---\na: off', value: { a: 'off' }, what: 'no YAML 1.1 booleans' },
  { text: 'a: &x [1]\nb: *x', value: { a: [1], b: [1] }, what: 'an alias' },
])('$what', ({ text, value }) => {
  expect(parse(text)).toMatchObject({ ok: true, value });
});

test.each([
  { text: 'a: 1\nb:\n  a: 1\n  a: 2\n', problem: 'f.yaml:4:3: is not valid YAML: Map keys must be unique' },
  { text: "a: 'x\n", problem: "f.yaml:2:1: is not valid YAML: Missing closing 'quote" },
  { text: 'a:\n\t- 1\n', problem: 'f.yaml:2:1: is not valid YAML: Tabs are not allowed as indentation' },
  { text: 'a: 1\n---\nb: 2\n', problem: 'f.yaml:2:1: begins a second document; a file holds one' },
  { text: 'a: !secret x\n', problem: 'f.yaml:1:12: has the tag !secret; tags are not allowed' },
  {
    text: 'a: !!binary aGk=\n',
    problem: 'f.yaml:1:13: has the tag tag:yaml.org,2002:binary; tags are not allowed',
  },
  { text: 'a: *x\n', problem: 'f.yaml:1:4: has no anchor &x before it' },
  { text: '? [a]\n: 1\n', problem: 'f.yaml:1:3: is a key that is not plain text' },
])('refused: $problem', ({ text, problem }) => {
  expect(problemsIn(text)).toEqual([problem]);
});

test('all syntax errors are listed', () => {
  expect(problemsIn('a: 1\na: 2\nb: !x 2\nc: *q\n')).toEqual([
    'f.yaml:2:1: is not valid YAML: Map keys must be unique',
    'f.yaml:3:7: has the tag !x; tags are not allowed',
    'f.yaml:4:4: has no anchor &q before it',
  ]);
});

test('a file must be UTF-8', () => {
  expect(parseYaml(Uint8Array.of(0x61, 0x3a, 0x20, 0xff), 'f.yaml')).toEqual({
    ok: false,
    problems: [{ path: 'f.yaml', message: 'is not UTF-8' }],
  });
});

describe('bounds', () => {
  test('octets of a file', () => {
    expect(parse('#'.repeat(FILE_OCTETS_MAX))).toMatchObject({ ok: true, value: {} });
    expect(problemsIn('#'.repeat(FILE_OCTETS_MAX + 1))).toEqual([
      'f.yaml: has 4194305 octets; 4194304 at most',
    ]);
  });

  test('uses of aliases', () => {
    const uses = (count: number) => `a: &x 1\nb: [${Array(count).fill('*x').join(', ')}]\n`;
    expect(parse(uses(ALIASES_MAX)).ok).toBe(true);
    expect(problemsIn(uses(ALIASES_MAX + 1))).toEqual(['f.yaml: has more than 100 uses of aliases']);
  });

  test('aliases inside aliases', () => {
    const lines = ['a: &a [x, x, x, x, x, x, x, x]'];
    for (const [below, name] of ['ab', 'bc', 'cd', 'de', 'ef'])
      lines.push(`${name}: &${name} [${Array(8).fill(`*${below}`).join(', ')}]`);
    expect(problemsIn(lines.join('\n'))).toEqual(['f.yaml: has more than 100 uses of aliases']);
  });

  test.each(['[', '- ', '{a: '])('the depth of "%s" is limited', (open) => {
    const found = problemsIn(open.repeat(100_000));
    expect(found.length).toBeGreaterThan(0);
    expect(found[0]).toMatch(/^f\.yaml(:\d+:\d+)?: is nested too deeply$/);
  });
});

test('the line of a key or an item, which messages name', () => {
  const parsed = parse('a:\n  - b: 1\n    c:\n      - 2\n      - { d: 3 }\n');
  if (!parsed.ok) throw new Error('not read');
  const lines = ['a[0]', 'a[0].b', 'a[0].c[1].d', 'a[1]', 'x.y'].map((path) => parsed.lineOf(path));
  expect(lines).toEqual([2, 2, 5, undefined, undefined]);
});
