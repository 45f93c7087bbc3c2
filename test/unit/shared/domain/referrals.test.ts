import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReferralTerms } from '../../../../shared/domain/referral-terms.ts';
import {
  joinReferral,
  mailboxOf,
  type Referral,
  type ReferralEvent,
  referralAt,
  referralCode,
  referralCodeOf,
  SIGNALS,
  type SignalKind,
  scoreOf,
  stepReferral,
} from '../../../../shared/domain/referrals.ts';
import { seed, sized } from '../../../support/size.ts';

const DAY = 86_400_000;
const terms: ReferralTerms = {
  referrerPoints: 500,
  friendPoints: 200,
  orderMinorMin: 2_000,
  currency: 'EUR',
  clearAfterDays: 14,
  attributionDays: 30,
  rewardsPerMonthMax: 10,
  holdScore: 40,
  refuseScore: 80,
};
const kinds = Object.keys(SIGNALS) as SignalKind[];

const signals = fc.oneof(fc.constant<SignalKind[]>([]), fc.uniqueArray(fc.constantFrom(...kinds), { maxLength: 3 }));
const at = fc.integer({ min: 0, max: 60 * 24 }).map((hours) => hours * 3_600_000);
const event: fc.Arbitrary<ReferralEvent> = fc.oneof(
  fc.record({
    kind: fc.constant('ordered' as const),
    id: fc.constantFrom('o-1', 'o-2'),
    placedAt: at,
    currency: fc.constantFrom('EUR', 'USD'),
    netMinor: fc.constantFrom(1_999, 2_000, 9_000),
  }),
  fc.record({ kind: fc.constant('returned' as const), at }),
  fc.record({ kind: fc.constant('looked' as const), signals, at }),
  fc.record({ kind: fc.constant('decided' as const), decision: fc.constantFrom('reward' as const, 'refuse' as const) }),
  fc.record({ kind: fc.constant('appealed' as const) }),
);

describe('referrals', () => {
  test('R2: from one state to the next only as the rules say, whatever happens in whatever order', () => {
    const runs = sized(20_000, 500_000);
    const reached = new Map<string, number>();
    fc.assert(
      fc.property(signals, fc.array(event, { maxLength: 12 }), (first, events) => {
        let referral = joinReferral(0, first, terms);
        let decisions = 0;
        let appeals = 0;
        for (const next of events) {
          const before: Referral = referral;
          referral = stepReferral(before, next, terms);
          const way = `${before.state}→${referral.state}`;
          if (referral !== before) reached.set(way, (reached.get(way) ?? 0) + 1);
          if (next.kind === 'appealed' && referral !== before) appeals++;
          if (next.kind === 'decided' && referral !== before) decisions++;
          if (referral.state === 'rewarded' && before.state !== 'rewarded') {
            expect(before.state).toBe('ordered');
            expect(next.kind === 'looked' && next.at >= (before.order?.placedAt ?? 0) + 14 * DAY).toBe(true);
            if (!before.isApproved) expect(scoreOf(referral.signals)).toBeLessThan(terms.holdScore);
          }
          if (referral.state === 'ordered') expect(referral.order?.placedAt).toBeLessThan(30 * DAY);
          if (before.state === 'rewarded') expect(['rewarded', 'refused']).toContain(referral.state);
        }
        expect(appeals).toBeLessThanOrEqual(1);
        if (referral.isApproved) expect(decisions).toBeGreaterThan(0);
      }),
      { numRuns: runs, seed },
    );
    const ways = ['joined→ordered', 'ordered→joined', 'ordered→ordered', 'ordered→held', 'ordered→refused'];
    const all = [...ways, 'ordered→rewarded', 'held→ordered', 'held→refused', 'refused→held', 'rewarded→refused'];
    for (const way of all) expect(reached.get(way), way).toBeGreaterThan(0);
    const others = [...reached.keys()].filter(
      (way) => !all.includes(way) && way !== 'held→joined' && way !== 'refused→refused',
    );
    expect(others).toEqual([]);
    console.log(`R2: ${runs} lives of referrals, ${reached.size} ways, none that is not a rule's (seed ${seed})`);
  });

  test('nobody ordered in time: over, without anybody doing anything', () => {
    const referral = joinReferral(0, [], terms);
    expect(referralAt(referral, terms, 30 * DAY - 1).state).toBe('joined');
    expect(referralAt(referral, terms, 30 * DAY)).toEqual({ state: 'refused', reason: 'too_late' });
  });

  test('what two people of one household share never holds them up; one thing that identifies a person does', () => {
    const identifying: SignalKind[] = ['account', 'mail', 'device', 'payment', 'repeat_friend'];
    expect(scoreOf(['address', 'network', 'velocity'])).toBeLessThan(terms.holdScore);
    for (const kind of identifying) expect(scoreOf([kind])).toBeGreaterThanOrEqual(terms.refuseScore);
    expect(scoreOf(['known_person'])).toBeGreaterThanOrEqual(terms.holdScore);
    expect(scoreOf(kinds)).toBe(100);
  });

  test.each([
    ['Ann.Lee+shop@GMail.com', 'annlee@gmail.com'],
    ['a.n.n.lee@googlemail.com', 'annlee@gmail.com'],
    ['ann.lee+x+y@example.org', 'ann.lee@example.org'],
    [' ann.lee@Example.org ', 'ann.lee@example.org'],
    ['+tag@example.org', '+tag@example.org'],
    ['not a mail', 'not a mail'],
  ])('the mailbox of %s', (mail, mailbox) => {
    expect(mailboxOf(mail)).toBe(mailbox);
  });

  test('a code is said and typed as people do', () => {
    const code = referralCodeOf(Uint8Array.of(0, 68, 50, 20, 199));
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(referralCode(` ${code.toLowerCase().replace('-', ' ')} `)).toBe(code);
    expect(referralCode('OIL0-OIL0')).toBe('0110-0110');
    expect(referralCode('UUUU-UUUU')).toBeNull();
    expect(referralCode('ABC')).toBeNull();
  });
});
