import { defineConfig } from 'vitest/config';
import { SlowFirst } from './test/support/suite/slow-first.ts';
import { summaryReporter } from './test/support/suite/summary-reporter.ts';

/** How many times as many draws properties get as in `npm test`, so how much longer they may take. */
const TIMES = Number(process.env.PROPERTY_TIMES ?? 1);

/**
 * Files which need a process of their own: they start many processes, replace clocks for good, or look at what the process
 * as a whole holds, such as its sockets.
 */
const OWN_PROCESS = [
  'test/{dashboard,e2e,fuzz,fuzz-*,packaging,simulation,storm,support}/**/*.test.ts',
  'test/**/{udp,icmp}/**/*.test.ts',
];

export default defineConfig({
  test: {
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
    setupFiles: ['test/support/suite/patience.ts'],
    // A forgotten .only would hide every other test of its file.
    allowOnly: false,
    sequence: { sequencer: SlowFirst },
    projects: [
      { extends: true, test: { name: 'alone', include: OWN_PROCESS } },
      {
        extends: true,
        // To start a process and to read the source anew takes longer than most files.
        test: { name: 'together', include: ['test/**/*.test.ts'], exclude: OWN_PROCESS, isolate: false },
      },
    ],
    // Last, so that its line closes the run.
    reporters: ['default', summaryReporter()],
  },
});
