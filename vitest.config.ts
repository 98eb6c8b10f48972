import { defineConfig } from 'vitest/config';
import { summaryReporter } from './test/support/summary-reporter.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A worker process per file, so that native sockets and child processes of one file end with it.
    pool: 'forks',
    maxWorkers: 2,
    // Ordinary users do not have the directories in PATH in which Debian puts servers.
    env: { PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` },
    // For a machine that is busy with something else: nothing waits this long on purpose.
    testTimeout: 30_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // A forgotten .only would hide every other test of its file.
    allowOnly: false,
    // Last, so that its line closes the run.
    reporters: ['default', summaryReporter()],
  },
});
