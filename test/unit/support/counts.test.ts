import { expect, test } from 'vitest';
import { sumCounts } from '../../support/reporters/counts.ts';

test('sums what the runners wrote', () => {
  const lines = '{"suite":"a","passed":2,"failed":0,"skipped":1}\n{"suite":"b","passed":3,"failed":1,"skipped":0}\n';
  expect(sumCounts(lines)).toEqual({ passed: 5, failed: 1, skipped: 1 });
});

test('nothing written counts nothing, which the run takes for a failure', () => {
  expect(sumCounts('')).toEqual({ passed: 0, failed: 0, skipped: 0 });
});

test.each([
  '{"passed":2,"failed":0}',
  '{"passed":"2","failed":0,"skipped":0}',
  '{"passed":-1,"failed":0,"skipped":0}',
  'ok',
])('refuses %s, which is no count', (line) => {
  expect(() => sumCounts(line)).toThrow();
});
