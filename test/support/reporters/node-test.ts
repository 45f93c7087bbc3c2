import { resolve } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { recordCounts } from './counts.ts';

/**
 * A reporter for `node --test`: one line a test, the error below a failed one, and the count at the end, which is also
 * handed to the whole run. The suite's name is `LAUREL_TEST_SUITE`.
 */
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  for await (const event of events) {
    if (event.type === 'test:fail') {
      const { name, nesting, details } = event.data;
      // A suite, or a test with tests inside, fails with them; only one that failed by itself counts.
      const isByItself = (details.error as { failureType?: string }).failureType !== 'subtestsFailed';
      if (isByItself) counts.failed++;
      yield `${'  '.repeat(nesting)}✗ ${name}\n${isByItself ? `${stackOf(details.error)}\n` : ''}`;
    } else if (event.type === 'test:pass') {
      const { name, nesting, details, skip, todo } = event.data;
      // A file that holds no test is reported as one that passed.
      if (details.type !== 'suite' && nesting === 0 && resolve(name) === event.data.file) {
        counts.failed++;
        yield `✗ ${name} holds no test\n`;
        continue;
      }
      const isSkipped = skip !== undefined || todo !== undefined;
      if (details.type !== 'suite') counts[isSkipped ? 'skipped' : 'passed']++;
      const note = isSkipped
        ? `skipped${typeof skip === 'string' ? `: ${skip}` : ''}`
        : `${Math.round(details.duration_ms)} ms`;
      yield `${'  '.repeat(nesting)}${isSkipped ? '-' : '✓'} ${name} (${note})\n`;
    } else if (event.type === 'test:stdout' || event.type === 'test:stderr') {
      yield event.data.message;
    }
  }
  yield `${recordCounts(process.env['LAUREL_TEST_SUITE'] ?? 'e2e', counts)}\n`;
}

/** What the test threw, not the runner's wrapping of it. */
function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? error.cause : error;
  return cause.stack ?? String(cause);
}
