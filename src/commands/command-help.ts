import { Argument, type Command } from 'commander';
import { ExitCode } from './exit.ts';

/** Adds an example to the help of a command, with `before` and `after` around it, and to its errors of a wrong command line. */
export function addExample(command: Command, example: string, { before = '', after = '' } = {}): Command {
  return command
    .addHelpText('after', `${before}\nExample:\n  ${example}\n${after}`)
    .showHelpAfterError(`Example: ${example}\n(Add --help for more information.)`);
}

/**
 * Adds the command that prints the help of a command, which may have several words. Words that are no command are an error; the
 * help command of commander prints the help of the program then, and takes one word only.
 */
export function addHelp(program: Command): void {
  const help = program
    .command('help')
    .description('Print the help of a command')
    .addArgument(new Argument('[command...]', 'Words of the command'))
    .action((words: readonly string[]) => {
      let shown = program;
      for (const [at, word] of words.entries()) {
        if (shown.commands.length === 0) break;
        const found = shown.commands.find((each) => each.name() === word);
        // A command line with this word ends with the error, which names the nearest command.
        if (found === undefined) program.parse(words.slice(0, at + 1), { from: 'user' });
        else shown = found;
      }
      shown.help();
    });
  const after = `\nExit codes: 0 success, ${ExitCode.BAD_CONFIGURATION} wrong command line\n`;
  addExample(help, 'lifeguard help pools create', { after });
}
