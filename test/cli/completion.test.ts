import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Argument, Command, Option } from 'commander';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { completionOf } from '../../src/cli/completion/command.ts';
import { placesOf } from '../../src/cli/completion/words.ts';
import { createProgram } from '../../src/cli/program.ts';
import { needing, runProgram } from '../support/run-program.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'lifeguard-completion-'));
  writeFileSync(join(directory, 'wanted.yaml'), '');
});
afterAll(() => rmSync(directory, { recursive: true }));

/** Lines that a shell prints for a script, sorted, each once. */
async function lines(shell: string, args: readonly string[], script: string): Promise<string[]> {
  const file = join(directory, `script.${shell}`);
  writeFileSync(file, script);
  const { stdout, stderr, code } = await runProgram(shell, [...args, file]);
  expect([code, stderr]).toEqual([0, '']);
  return [...new Set(stdout.split('\n').filter((line) => line !== ''))].sort();
}

const quoted = (word: string) => `'${word.replaceAll("'", "'\\''")}'`;

/** What each shell offers for the last of some words, which may be empty. */
const SHELLS = {
  bash: (program: Command, words: readonly string[]) =>
    lines(
      'bash',
      ['--norc'],
      `${completionOf(program, 'bash')}
COMP_WORDS=(lifeguard ${words.map(quoted).join(' ')}) COMP_CWORD=${words.length}
_lifeguard && printf '%s\\n' "\${COMPREPLY[@]}"`,
    ),
  // zsh completes only where somebody types: what it would be told is printed instead.
  zsh: async (program: Command, words: readonly string[]) => {
    const all = await lines(
      'zsh',
      ['-f'],
      `compdef() { :; }
compadd() { shift; print -l -- "$@"; }
_files() { print -l -- ${quoted(directory)}/*; }
_describe() { print -l -- "\${(@)\${(P)3}%%:*}"; }
${completionOf(program, 'zsh')}
words=(lifeguard ${words.map(quoted).join(' ')}) CURRENT=${words.length + 1}
_lifeguard`,
    );
    return all.filter((line) => line.startsWith(words.at(-1)!));
  },
  fish: async (program: Command, words: readonly string[]) => {
    const line = ['lifeguard', ...words].join(' ');
    const all = await lines(
      'fish',
      ['--no-config'],
      `${completionOf(program, 'fish')}\ncomplete -C ${quoted(line)}`,
    );
    return all.map((each) => each.split('\t')[0]!).sort();
  },
};

describe.each(['bash', 'zsh', 'fish'] as const)('%s', (shell) => {
  const { title, missing } = needing(shell, shell, `completion of ${shell}`);
  const program = createProgram();
  const offered = (...words: string[]) => SHELLS[shell](program, words);

  test.skipIf(missing)(title, async () => {
    expect(await offered('pool')).toEqual(['pools']);
    expect(await offered('')).toEqual(expect.arrayContaining(['serve', 'pools', 'events', 'completion']));
    expect(await offered('pools', '')).toEqual(
      expect.arrayContaining(['create', 'delete', 'get', 'list', 'update']),
    );
    expect(await offered('pools', 'list', '--j')).toEqual(['--json']);
    expect(await offered('lb', 'update', 'www', '--policy', 'prox')).toEqual(['proximity']);
    expect(await offered('events', '--')).toEqual(
      expect.arrayContaining(['--follow', '--kind', '--limit', '--region']),
    );
    expect(await offered('token', 'create', '--scope', '')).toEqual(['admin', 'edit', 'read']);
    expect(await offered('events', '--kind', 'h')).toEqual(['health']);
    expect(await offered('records', 'list', 'example.com', '--type', 'CN')).toEqual(['CNAME']);
    expect(await offered('records', 'add', 'example.com', 'www', 'AA')).toEqual(['AAAA']);
    expect(await offered('override', 'set', 'm')).toEqual(['maintenance']);
    expect(await offered('pools', 'update', 'web', '--enabled', 'y')).toEqual(['yes']);
    expect(await offered('apply', '-f', `${directory}/w`)).toEqual([`${directory}/wanted.yaml`]);
    // A value that only its user knows.
    expect(await offered('pools', 'list', '--token', '')).toEqual([]);
    // A command is one where its parent is.
    expect(await offered('list', 'upd')).toEqual([]);
  });

  test.skipIf(missing)(`${title}: a description may contain quotes`, async () => {
    const odd = new Command('lifeguard');
    odd.command('odd').description('it\'s 50% "$HOME" `x`: \\ [y]').option('--on', "the user's: $(z)");
    expect(await SHELLS[shell](odd, ['od'])).toEqual(['odd']);
    expect(await SHELLS[shell](odd, ['odd', '--o'])).toEqual(['--on']);
  });
});

test('every completion script has every command and every option', () => {
  const program = createProgram();
  const places = placesOf(program);
  expect(places.length).toBeGreaterThan(40);
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = completionOf(program, shell);
    for (const { at, options } of places)
      expect([at, options.filter(({ long }) => !script.includes(long))]).toEqual([at, []]);
  }
});

test('completions are read from the definitions of the commands', () => {
  const program = new Command('p').helpOption(false).helpCommand(false);
  program
    .command('c')
    .description('d')
    .helpOption(false)
    .addArgument(new Argument('<a>', 'a').choices(['x', 'y']))
    .addOption(new Option('-f, --file <file>', 'g'))
    .option('--wait [time]', 'h')
    .option('--is <yes|no>', 'i')
    .option('-q, --quiet', 'j');
  expect(placesOf(program)).toEqual([
    { at: '', commands: [{ word: 'c', means: 'd' }], options: [], choices: [] },
    {
      at: ' c',
      commands: [],
      choices: ['x', 'y'],
      options: [
        { short: 'f', long: 'file', means: 'g', value: 'file' },
        { long: 'wait', means: 'h', value: 'any' },
        { long: 'is', means: 'i', value: ['yes', 'no'] },
        { short: 'q', long: 'quiet', means: 'j', value: 'none' },
      ],
    },
  ]);
});
