import type { Reporter } from 'vitest/node';

/**
 * Says in a line which tests were left out, where any were, and ends a run with one plain line, `tests: 123 passed, 0 failed, 0 skipped`, for people and machines that look for one.
 * What went wrong outside of tests (a file that cannot be loaded, an unhandled error) counts as failed.
 */
export function summaryReporter(): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors, reason) {
      const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
      const leftOut = new Set<string>();
      for (const module of modules) {
        for (const test of module.children.allTests()) {
          const { state } = test.result();
          count[state] += 1;
          if (state === 'skipped') leftOut.add(test.name);
        }
        for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
        count.failed += module.errors().length;
      }
      // A run that was interrupted leaves tests without a result; it did not pass.
      const failed = count.failed + count.pending || (reason === 'passed' ? 0 : 1);
      if (leftOut.size > 0) process.stdout.write(`left out: ${[...leftOut].join('; ')}\n`);
      process.stdout.write(`tests: ${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`);
    },
  };
}
