import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { runHere } from '../support/in-process.ts';
import { complaintsAbout, shellWords } from './parsing.ts';

/** Commands that do something, with the words that lead to them. */
function leaves(command: Command, words: readonly string[] = []): { words: string; command: Command }[] {
  if (command.commands.length === 0) return [{ words: words.join(' '), command }];
  return command.commands.flatMap((each) => leaves(each, [...words, each.name()]));
}

/** What `--help` prints, without the breaks of its lines. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => void (text += part), getOutHelpWidth: () => 10_000 });
  command.outputHelp();
  return text;
}

const all = leaves(createProgram());
const asking = all.filter(({ command }) => command.options.some(({ long }) => long === '--api'));

test.each(['--version', '-V'])('%s prints the version of the package', async (option) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await runHere([option])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('--help', () => {
  test('all required commands exist', () => {
    expect(all.map(({ words }) => words)).toEqual(
      expect.arrayContaining([
        ...['pools', 'monitors', 'groups'].flatMap((kind) =>
          ['list', 'get', 'references', 'create', 'update', 'delete'].map((verb) => `${kind} ${verb}`),
        ),
        ...['list', 'get', 'create', 'update', 'delete'].map((verb) => `lb ${verb}`),
        ...['list', 'get', 'create', 'update', 'delete', 'settings'].map((verb) => `zones ${verb}`),
        ...['list', 'add', 'set', 'delete'].map((verb) => `records ${verb}`),
        ...['create', 'list', 'delete', 'verify', 'hash'].map((verb) => `token ${verb}`),
        ...['set', 'clear', 'list'].map((verb) => `override ${verb}`),
        'notifications test',
        ...[
          'health',
          'events',
          'workers',
          'regions',
          'nodes',
          'wait',
          'preview',
          'explain',
          'search',
          'countries',
        ],
        ...['apply', 'export', 'completion', 'serve', 'monitor', 'all', 'demo', 'check-config', 'check-live'],
      ]),
    );
  });

  test.each(all)(
    'the help of "$words" has a description, an example, all arguments and the exit codes',
    async ({ words, command }) => {
      const help = helpOf(command);
      expect(help).toMatch(new RegExp(`^Usage: lifeguard ${words} `));
      expect(command.description()).not.toBe('');
      expect(help).toContain(command.description());
      expect(help).toContain('Exit codes:');
      const [, example = ''] = /\nExample:\n {2}(?:[A-Z_]+=\S+ )*lifeguard (.+)\n/.exec(help) ?? [];
      expect(`${example} `).toContain(`${words} `);
      expect(await complaintsAbout(shellWords(example))).toBe('');
      for (const argument of command.registeredArguments) {
        expect([argument.name(), argument.description]).not.toContain('');
        expect(help).toContain(argument.description);
      }
      for (const option of command.options) {
        expect([option.flags, option.description]).not.toContain('');
        expect(help).toContain(`  ${option.flags}`);
      }
      // Each option once: of two with the same name commander takes the last.
      const flags = command.options.flatMap(({ short, long }) => [short, long]).filter((flag) => flag);
      expect(new Set(flags).size).toBe(flags.length);
    },
  );

  test('the help of the program and of each command with commands has an example that can be typed', async () => {
    const program = createProgram();
    for (const command of [program, ...program.commands.filter((each) => each.commands.length > 0)]) {
      const [, example] = /\nExample:\n {2}lifeguard (.+)\n/.exec(helpOf(command)) ?? [];
      expect([command.name(), example]).toEqual([command.name(), expect.any(String)]);
      expect([command.name(), await complaintsAbout(shellWords(example!))]).toEqual([command.name(), '']);
    }
  });

  test('help marks required options', () => {
    const required = all.flatMap(({ words, command }) =>
      command.options.flatMap(({ long, mandatory }) => (mandatory ? [`${words} ${long}`] : [])),
    );
    expect(required).toEqual(['apply --file', 'override set --reason', 'token create --scope']);
    for (const { command } of all) {
      const marked = [...helpOf(command).matchAll(/^ {2}(-.*\(required\))$/gm)];
      expect(marked).toHaveLength(command.options.filter(({ mandatory }) => mandatory).length);
    }
  });

  test.each(asking)('"$words" has --json, and its help lists every exit code', ({ command }) => {
    expect(command.options.map(({ long }) => long)).toContain('--json');
    expect(helpOf(command)).toMatch(
      /Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}3 .*\n {2}4 .*\n {2}5 .*\n {2}6 /,
    );
  });

  test('exactly the commands that change something have --wait', () => {
    const waiting = asking.filter(({ command }) => command.options.some(({ long }) => long === '--wait'));
    const verbs =
      /^((pools|monitors|groups|lb|zones|token) (create|update|delete|settings)|records (add|set|delete|import)|apply|restore|override (set|clear))$/;
    expect(waiting.map(({ words }) => words)).toEqual(
      asking.map(({ words }) => words).filter((words) => verbs.test(words)),
    );
  });
});

test.each([
  ['pools', 'nosuch\u202e\u009b'],
  ['nosuch\u202e\u009b'],
  ['pools', 'list', '--nosuch\u202e\u009b'],
  ['pools', 'list', 'more\u202e\u009b'],
])('a wrong word is escaped where it is repeated, of %j', async (...words) => {
  const { code, stderr } = await runHere(words);
  expect(code).toBe(2);
  expect(stderr).toContain('\\u202e\\u009b');
  expect(stderr).toMatch(/^[\n -~]*$/);
});
