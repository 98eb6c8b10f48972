import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { formatYaml, parseYaml } from '../../../src/config/source/yaml.ts';

/** Text that YAML 1.1 (yaml.org/type) reads as something else, or as nothing, where it has no quotes. */
const TEXTS = [
  ...['y', 'Y', 'n', 'N', 'yes', 'Yes', 'YES', 'no', 'No', 'NO', 'on', 'On', 'ON', 'off', 'Off', 'OFF'],
  ...['true', 'True', 'FALSE', 'null', 'Null', 'NULL', '~', '', '=', '<<'],
  ...[
    '1:30',
    '190:20:30',
    '190:20:30.15',
    '-1:30',
    '012',
    '08',
    '0o17',
    '0b101',
    '0x1F',
    '1_000',
    '+1',
    '0.',
  ],
  ...['1e3', '1.5e3', '6.8523015e+5', '685.230_15', '.5', '1.', '.inf', '-.INF', '.NaN'],
  ...['2026-01-01', '2001-12-14t21:59:43.10-05:00', '2001-12-14 21:59:43.10 -5'],
  ...['- a', 'a: b', ': b', '#c', '!x', '&y', '*z', '%q', '@w', '`e', '|', '>', '?', '-', '[', '{'],
  ...[' lead', 'trail ', 'two\nlines', 'tab\t', 'next\u0085line', 'a\u2028b', 'a\u2029b'],
  ...['a\tb', 'a\t# b', 'a\ufffeb', 'a\uffffb', '\ufeffa', 'a\u{e0041}b', 'a\u{1f600}b'],
];
const WHOLE = {
  texts: TEXTS,
  numbers: [1e-7, -1e-7, 1.5e-9, 1e21, 3, 0.5, -0.25],
  ...Object.fromEntries(TEXTS.filter((text) => text !== '').map((text, i) => [text, i])),
};

test('YAML 1.2 and YAML 1.1 readers read the written text as the same value', () => {
  const text = formatYaml(WHOLE);
  expect(parseYaml(Buffer.from(text), 'f')).toMatchObject({ ok: true, value: WHOLE });
  expect(parse(text, { version: '1.1' })).toEqual(WHOLE);
});

test('no character is written that a terminal may obey or a reader cannot see', () => {
  const unseen = [
    '\u007f',
    '\u009b',
    '\u202e',
    '\u2066',
    '\u200b',
    '\u200d',
    '\ufeff',
    '\u00ad',
    '\u{e0041}',
  ];
  const value = { texts: unseen.map((character) => `a${character}b`) };
  const text = formatYaml(value);
  expect(text).toMatch(/^[\n -~]*$/);
  expect(parse(text, { version: '1.1' })).toEqual(value);
  expect(formatYaml({ a: 'tab\tb' })).toBe('a: "tab\\tb"\n');
});

test('text is quoted only if needed', () => {
  expect(formatYaml({ name: 'web-1', address: '192.0.2.1', host: 'a.example.org', weight: 0.5 })).toBe(
    'name: web-1\naddress: 192.0.2.1\nhost: a.example.org\nweight: 0.5\n',
  );
});

/** Whether Python with PyYAML, which reads YAML 1.1, is here. */
function hasPython(): boolean {
  try {
    execFileSync('python3', ['-c', 'import yaml'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

test.runIf(hasPython())('PyYAML reads the same value', () => {
  const read = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin.buffer.read()), sys.stdout)';
  const out = execFileSync('python3', ['-c', read], { input: formatYaml(WHOLE), encoding: 'utf8' });
  expect(JSON.parse(out)).toEqual(WHOLE);
});
