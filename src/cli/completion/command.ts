import process from 'node:process';
import { Argument, type Command } from 'commander';
import { addExample } from '../../commands/command-help.ts';
import { ExitCode } from '../../commands/exit.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { type Place, placesOf } from './words.ts';
import { zshCompletion } from './zsh.ts';

/** The function that makes the script of each shell. */
const SHELLS: Readonly<Record<string, (name: string, places: readonly Place[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** Makes the script with which a shell completes command lines of `program`. `shell` is bash, zsh or fish. */
export function completionOf(program: Command, shell: string): string {
  return SHELLS[shell]!(program.name(), placesOf(program));
}

/** Adds the command that prints a completion script. */
export function addCompletionCommand(program: Command): void {
  const command = program
    .command('completion')
    .description('Print the completion script of a shell')
    .addArgument(new Argument('<shell>', 'Shell').choices(Object.keys(SHELLS)))
    .action((shell: string) => {
      process.stdout.write(completionOf(program, shell));
    });
  addExample(command, `${program.name()} completion bash`, {
    after: `
In ~/.bashrc:                   source <(${program.name()} completion bash)
In ~/.zshrc, after compinit:    source <(${program.name()} completion zsh)
In ~/.config/fish/config.fish:  ${program.name()} completion fish | source

Exit codes: 0 success, ${ExitCode.BAD_CONFIGURATION} wrong command line`,
  });
}
