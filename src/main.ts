import process from 'node:process';
import { fail } from './commands/exit.ts';
import { createProcesses } from './commands/processes.ts';

/** What is written, stores with their tokens and headers too, is for nobody else to read. */
const OWNER_ONLY = 0o077;
process.umask(OWNER_ONLY);

// Whoever reads the output may have seen enough of it, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

// A process that is to answer, or to probe, does not first read what asks one.
const processes = createProcesses();
const isProcess = processes.commands.some((each) => each.name() === process.argv[2]);
const program = isProcess ? processes : (await import('./cli/program.ts')).createProgram();
await program.parseAsync().catch(fail);
