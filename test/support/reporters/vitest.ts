import type { Reporter } from 'vitest/node';
import { recordCounts } from './counts.ts';

/** Prints `unit: N passed, N failed` after Vitest's own summary and hands the counts to the whole run. */
export function countReporter(suite: string): Reporter {
  return {
    onTestRunEnd(modules, unhandledErrors) {
      const counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
      const reasons = new Map<string, number>();
      for (const testModule of modules) {
        // A file that could not even be loaded holds no test that could fail.
        if (testModule.state() === 'failed' && [...testModule.children.allTests('failed')].length === 0)
          counts.failed++;
        for (const test of testModule.children.allTests()) {
          const result = test.result();
          if (result.state === 'passed') counts.passed++;
          else if (result.state === 'failed') counts.failed++;
          else {
            counts.skipped++;
            const reason = ('note' in result && result.note) || `skipped in ${testModule.relativeModuleId}`;
            reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
          }
        }
      }
      for (const [reason, count] of reasons) console.log(`${suite}: ${count} × ${reason}`);
      console.log(recordCounts(suite, counts));
    },
  };
}
