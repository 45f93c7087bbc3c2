import { formatInstant } from '../../shared/domain/time.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import type { ExportSection } from './export-section.ts';

/** Challenges and referrals, as a member's export shows them. */

const statesAfter = statement<Tables['challenge_states']>((db, p) =>
  db
    .selectFrom('challenge_states')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('challenge_id', '>', p('after'))
    .orderBy('challenge_id')
    .limit(p('limit')),
);

const rewardsOf = statement<Tables['challenge_rewards']>((db, p) =>
  db
    .selectFrom('challenge_rewards')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('challenge_id', '=', p('challengeId'))
    .orderBy('run'),
);

const codesOf = statement<Tables['referral_codes']>((db, p) =>
  db
    .selectFrom('referral_codes')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

const referralsBy = statement<Tables['referrals']>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('referrer_id', '=', p('memberId'))
    .where('referral_id', '>', p('after'))
    .orderBy('referral_id')
    .limit(p('limit')),
);

const referralOf = statement<Tables['referrals']>((db, p) =>
  db
    .selectFrom('referrals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('friend_id', '=', p('memberId')),
);

const signalsOf = statement<Tables['member_signals']>((db, p) =>
  db
    .selectFrom('member_signals')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .orderBy('kind')
    .orderBy('seen_at'),
);

const at = (instant: number | null) => (instant === null ? null : formatInstant(instant));

const challenges: ExportSection = {
  name: 'challenges',
  tables: ['challenge_states', 'challenge_rewards'],
  async read({ reader, member: { programId, memberId } }, after, limit) {
    const items = [];
    for (const row of await reader.all(statesAfter, { programId, memberId, after, limit })) {
      const rewards = await reader.all(rewardsOf, { programId, memberId, challengeId: row.challenge_id });
      const value = {
        challenge: row.challenge_id,
        state: JSON.parse(row.state) as unknown,
        completed: rewards.map(({ run, seq, reversed_seq }) => ({
          run,
          entry: seq || null,
          takenBack: reversed_seq || null,
        })),
      };
      items.push({ position: row.challenge_id, value });
    }
    return items;
  },
};

const referralCode: ExportSection = {
  name: 'referralCode',
  tables: ['referral_codes'],
  async read({ reader, member: { programId, memberId } }, after) {
    if (after !== '') return [];
    const rows = await reader.all(codesOf, { programId, memberId });
    return rows.map(({ code, made_at }) => ({ position: code, value: { code, madeAt: at(made_at) } }));
  },
};

/** Without the friend, who is somebody else, and without what he wrote. */
const referralsMade: ExportSection = {
  name: 'referralsMade',
  tables: ['referrals'],
  async read({ reader, member: { programId, memberId } }, after, limit) {
    const rows = await reader.all(referralsBy, { programId, memberId, after, limit });
    return rows.map((row) => ({
      position: row.referral_id,
      value: {
        id: row.referral_id,
        source: row.source,
        state: row.state,
        joinedAt: at(row.joined_at),
        settledAt: at(row.settled_at),
        entry: row.referrer_seq || null,
      },
    }));
  },
};

const referredBy: ExportSection = {
  name: 'referred',
  tables: ['referrals'],
  async read({ reader, member: { programId, memberId } }, after) {
    if (after !== '') return [];
    const rows = await reader.all(referralOf, { programId, memberId });
    return rows.map((row) => ({
      position: row.referral_id,
      value: {
        id: row.referral_id,
        source: row.source,
        state: row.state,
        reason: row.reason,
        joinedAt: at(row.joined_at),
        order: row.order_id,
        score: row.score,
        signals: JSON.parse(row.signals) as unknown,
        appeal: row.appeal,
        decision: row.decision,
        settledAt: at(row.settled_at),
        entry: row.friend_seq || null,
      },
    }));
  },
};

/** That something was seen, and when; the keyed digest would tell nobody more. */
const signals: ExportSection = {
  name: 'signals',
  tables: ['member_signals'],
  async read({ reader, member: { programId, memberId } }, after) {
    if (after !== '') return [];
    const rows = await reader.all(signalsOf, { programId, memberId });
    return rows.map(({ kind, seen_at }, index) => ({
      position: String(index + 1),
      value: { kind, seenAt: at(seen_at) },
    }));
  },
};

export const GAME_SECTIONS: readonly ExportSection[] = [challenges, referralCode, referralsMade, referredBy, signals];
