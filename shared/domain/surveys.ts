/** How many answers of 0 to 10 were given, by answer. */
export type NpsCounts = ReadonlyMap<number, number>;

/**
 * Net promoter score: the share of promoters (9 and 10) less that of detractors (0 to 6), in whole percent from -100 to
 * 100. `null` without answers.
 *
 * @throws {RangeError} for an answer that is not a whole number from 0 to 10.
 */
export function npsScore(answers: Iterable<number>): number | null {
  const counts = new Map<number, number>();
  for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return npsScoreOf(counts);
}

/** {@link npsScore} of answers that were counted already. */
export function npsScoreOf(counts: NpsCounts): number | null {
  let [total, promoters, detractors] = [0, 0, 0];
  for (const [answer, count] of counts) {
    if (!Number.isInteger(answer) || answer < 0 || answer > 10) {
      throw new RangeError(`npsScore: expected whole numbers from 0 to 10, got ${answer}`);
    }
    total += count;
    if (answer >= 9) promoters += count;
    else if (answer <= 6) detractors += count;
  }
  // Adding 0 turns -0 into 0.
  return total === 0 ? null : Math.round(((promoters - detractors) * 100) / total) + 0;
}
