import process from 'node:process';
import { fail } from './commands/exit.ts';
import { createProgram } from './commands/program.ts';

/** What is written, stores with their tokens and headers too, is for nobody else to read. */
const OWNER_ONLY = 0o077;
process.umask(OWNER_ONLY);

// Whoever reads the output may have seen enough of it, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

await createProgram().parseAsync().catch(fail);
