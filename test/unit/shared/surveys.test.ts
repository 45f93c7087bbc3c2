import { describe, expect, test } from 'vitest';
import { npsScore, npsScoreOf } from '../../../shared/domain/surveys.ts';

describe('npsScore', () => {
  test.each([
    { answers: [9, 10], score: 100, rule: '9 and 10 are promoters' },
    { answers: [7, 8], score: 0, rule: '7 and 8 are passives' },
    { answers: [0, 6], score: -100, rule: '0 to 6 are detractors' },
    { answers: [10, 10, 0], score: 33, rule: 'the score is a whole number' },
    { answers: [10, 0], score: 0, rule: 'promoters and detractors make up for each other' },
    { answers: [10, 7, 7, 7], score: 25, rule: 'passives count in the total' },
  ])('$answers gives $score: $rule', ({ answers, score }) => {
    expect(npsScore(answers)).toBe(score);
  });

  test('is null without answers: no score is not a score of 0', () => {
    expect(npsScore([])).toBeNull();
  });

  test.each([-1, 11, 7.5, Number.NaN])('rejects %s', (answer) => {
    expect(() => npsScore([answer])).toThrow(RangeError);
  });

  test('is never -0, which a reader would see as a sign', () => {
    expect(Object.is(npsScore([10, 10, 0, 0]), 0)).toBe(true);
    expect(
      Object.is(
        npsScoreOf(
          new Map([
            [0, 1],
            [8, 400],
          ]),
        ),
        0,
      ),
    ).toBe(true);
  });

  test('of counts is that of the answers they count', () => {
    expect(
      npsScoreOf(
        new Map([
          [10, 2],
          [0, 1],
        ]),
      ),
    ).toBe(npsScore([10, 10, 0]));
  });
});
