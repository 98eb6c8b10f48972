import process from 'node:process';
import { Argument, type Command } from 'commander';
import { ExitCode } from '../../commands/exit.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { type Place, placesOf } from './words.ts';
import { zshCompletion } from './zsh.ts';

/** What makes a shell's script, by the name of the shell. */
const SHELLS: Readonly<Record<string, (name: string, places: readonly Place[]) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

/** The script by which a shell completes the command lines of `program`. `shell` is one of bash, zsh and fish. */
export function completionOf(program: Command, shell: string): string {
  return SHELLS[shell]!(program.name(), placesOf(program));
}

/** Adds the command that prints such a script. */
export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('the script by which a shell completes these commands')
    .addArgument(new Argument('<shell>', 'which one').choices(Object.keys(SHELLS)))
    .addHelpText(
      'after',
      `
In ~/.bashrc:                   source <(${program.name()} completion bash)
In ~/.zshrc, after compinit:    source <(${program.name()} completion zsh)
In ~/.config/fish/config.fish:  ${program.name()} completion fish | source

Exit codes: 0 it was done, ${ExitCode.BAD_CONFIGURATION} wrong command line`,
    )
    .action((shell: string) => {
      process.stdout.write(completionOf(program, shell));
    });
}
