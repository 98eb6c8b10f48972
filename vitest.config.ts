import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/support/suite/slow-first.ts';
import { summaryReporter } from './test/support/suite/summary-reporter.ts';

/** How many times as many draws properties get as in `npm test`, so how much longer they may take. */
const TIMES = Number(process.env.PROPERTY_TIMES ?? 1);

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A worker process per file, so that native sockets and child processes of one file end with it.
    pool: 'forks',
    // More than there are cores: tests of whole processes mostly wait.
    maxWorkers: 4,
    // Ordinary users do not have the directories in PATH in which Debian puts servers.
    env: { PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` },
    // For a machine that is busy with something else: nothing waits this long on purpose.
    testTimeout: 120_000 * TIMES,
    hookTimeout: 120_000,
    teardownTimeout: 10_000,
    expect: { poll: { timeout: 20_000 } },
    // A forgotten .only would hide every other test of its file.
    allowOnly: false,
    sequence: { sequencer: SlowFirst },
    // Last, so that its line closes the run.
    reporters: ['default', summaryReporter()],
  },
});
