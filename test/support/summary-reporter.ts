import type { Reporter } from 'vitest/node';

/**
 * Ends a run with one plain line, `tests: 123 passed, 0 failed, 0 skipped`, for people and machines that look for one.
 * What went wrong outside of tests (a file that cannot be loaded, an unhandled error) counts as failed.
 */
export function summaryReporter(): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors, reason) {
      const count = { passed: 0, failed: unhandledErrors.length, skipped: 0, pending: 0 };
      for (const module of modules) {
        for (const test of module.children.allTests()) count[test.result().state] += 1;
        for (const suite of module.children.allSuites()) count.failed += suite.errors().length;
        count.failed += module.errors().length;
      }
      // A run that was interrupted leaves tests without a result; it did not pass.
      const failed = count.failed + count.pending || (reason === 'passed' ? 0 : 1);
      process.stdout.write(`tests: ${count.passed} passed, ${failed} failed, ${count.skipped} skipped\n`);
    },
  };
}
