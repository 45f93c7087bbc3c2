import type { Reporter, TestSuiteResult } from '@web/test-runner';
import { recordCounts } from './counts.ts';

/** Prints `widgets: N passed, N failed` after the runner's own summary and hands the counts to the whole run. */
export function countReporter(suite: string): Reporter {
  return {
    onTestRunFinished({ sessions }) {
      const counts = { passed: 0, failed: 0, skipped: 0 };
      const count = (results: TestSuiteResult) => {
        for (const test of results.tests) {
          if (test.skipped) counts.skipped++;
          else if (test.passed) counts.passed++;
          else counts.failed++;
        }
        for (const suiteResults of results.suites) count(suiteResults);
      };
      for (const session of sessions) {
        const failedBefore = counts.failed;
        if (session.testResults) count(session.testResults);
        // A page that did not load, or that threw outside a test, has no failed test to show for it.
        if (!session.passed && counts.failed === failedBefore) counts.failed++;
      }
      // The runner's own reporter leaves its cursor in the middle of a line.
      console.log(`\n${recordCounts(suite, counts)}`);
    },
  };
}
