import type { Command } from 'commander';
import { addClientCommands } from './client/program.ts';
import { addCompletionCommand } from './completion/command.ts';
import { createProcesses } from './processes.ts';

/** The command line with all its commands. A wrong one ends the process, as `--help` does. */
export function createProgram(): Command {
  const program = createProcesses();
  addClientCommands(program);
  addCompletionCommand(program);
  return program;
}
