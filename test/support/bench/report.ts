/** What the platform lets a figure be, and what it has to be. */
export interface Budget {
  readonly must: number;
  readonly aim: number;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2;
}

const at = (values: readonly number[], index: number) => values[index] ?? Number.NaN;

/** The figures of one side: as many as there were rounds. */
export interface Side {
  readonly name: string;
  readonly values: readonly number[];
}

/** How one figure is told. */
export interface Comparison {
  readonly what: string;
  /** Follows each number: `/s`, ` ms`. */
  readonly unit: string;
  readonly subject: Side;
  readonly floor: Side;
  readonly better: 'more' | 'less';
  /** Of the medians' ratio, subject by floor. */
  readonly budget?: Budget | undefined;
}

/**
 * A "must" that is missed fails the program only when `npm run bench` asks: what a machine is busy with besides moves the
 * ratios of speed, and no other check waits for a quiet one. Bytes do not move, and always fail.
 */
export const isStrict = process.env['LAUREL_BENCH'] === 'strict';

/** Prints both sides' medians with their ranges, the ratio and the budget. */
export function report({ what, unit, subject, floor, better, budget }: Comparison): number {
  const ratio = median(subject.values) / median(floor.values);
  const holds = (limit: number) => (better === 'more' ? ratio >= limit : ratio <= limit);
  const sign = better === 'more' ? '≥' : '≤';
  const limits = budget ? ` (must ${sign} ${budget.must}×, aim ${sign} ${budget.aim}×)` : '';
  const isMissed = budget !== undefined && !holds(budget.must);
  const mark = budget === undefined ? ' ' : isMissed ? '✗' : holds(budget.aim) ? '★' : '✓';
  console.log(`${mark} ${what}: ${sideText(subject, unit)}; ${sideText(floor, unit)}: ${ratio.toFixed(2)}×${limits}`);
  if (isMissed && isStrict) process.exitCode = 1;
  return ratio;
}

function sideText({ name, values }: Side, unit: string): string {
  const numbers = [median(values), Math.min(...values), Math.max(...values)].map(numberText);
  return `${name} ${numbers[0]}${unit} [${numbers[1]}-${numbers[2]}]`;
}

function numberText(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 10 ? 1 : 2);
}
