import type { Command } from 'commander';
import { addHelp } from '../commands/command-help.ts';
import { createProcesses } from '../commands/processes.ts';
import { addClientCommands } from './client-commands.ts';
import { addCompletionCommand } from './completion/command.ts';

/** Creates the command line with all its commands. A wrong one ends the process, as `--help` does. */
export function createProgram(): Command {
  const program = createProcesses();
  addClientCommands(program);
  program.commandsGroup('Get help:');
  addCompletionCommand(program);
  addHelp(program);
  return program;
}
