import process from 'node:process';
import { fail, OperatorError } from './commands/exit.ts';
import { createProcesses } from './commands/processes.ts';

/** Files that this process creates, such as stores with tokens, are readable by their owner only. */
const OWNER_ONLY = 0o077;
process.umask(OWNER_ONLY);

// The reader of the output may close it early, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  fail(new OperatorError(`Cannot write to standard output: ${error.message}.`));
});
// A full disk under standard error, of which no line can tell, ends nothing.
process.stderr.on('error', () => undefined);

// A server or a monitor starts without loading the code of the client commands.
const processes = createProcesses();
const isProcess = processes.commands.some((each) => each.name() === process.argv[2]);
const program = isProcess ? processes : (await import('./cli/program.ts')).createProgram();
await program.parseAsync().catch(fail);
