import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders of tests that start whole processes, or draw much: they take longest. */
const SLOW = /\/test\/(e2e|packaging|simulation|fuzz\w*|fuzz-\w+)\//;

/**
 * Starts the files that take longest first, so that none of them is alone at the end, and keeps those of a project together,
 * since a process that runs several files goes on only with the next one in the row.
 */
export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) =>
      (project.config.isolate ? 0 : 2) + (SLOW.test(moduleId) ? 0 : 1);
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}
