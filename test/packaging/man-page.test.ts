import { expect, test } from 'vitest';
import { manPage } from '../../packaging/manual/man-page.ts';
import { createProgram } from '../../src/cli/program.ts';
import { needing, runProgram } from '../support/run-program.ts';

const page = manPage();
const plain = page.replaceAll('\\-', '-');

test('the manual page has every command, with its options and its example', () => {
  const program = createProgram();
  const commands = program.commands.flatMap((each) => (each.commands.length === 0 ? each : each.commands));
  expect(commands.length).toBeGreaterThan(50);
  for (const command of commands) {
    const name = command.parent === program ? command.name() : `${command.parent!.name()} ${command.name()}`;
    const [, section] = new RegExp(`^\\.SS "lifeguard ${name}[ "]([^]*?)^\\.S[SH] `, 'm').exec(plain) ?? [];
    expect([name, section]).toEqual([name, expect.stringMatching(new RegExp(`^.*lifeguard ${name}`, 'm'))]);
    for (const { flags } of command.options.filter(({ long }) => long !== '--help'))
      expect([flags, plain.includes(`\n.B ${flags}\n`)]).toEqual([flags, true]);
  }
});

const GROFF = needing('groff', 'groff', 'groff formats the manual page without a warning');
test.skipIf(GROFF.missing)(GROFF.title, async () => {
  const formatted = await runProgram('groff', ['-man', '-Tutf8', '-ww', '-P-cbou'], { input: page });
  expect(formatted).toMatchObject({ code: 0, stderr: '' });
  expect(formatted.stdout).toContain('name=address[,port=...]');
  // Every terminal can show it, also one without Unicode.
  expect(page).not.toMatch(/\\\[u/);
});
