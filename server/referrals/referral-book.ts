import { randomBytes } from 'node:crypto';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { limitPeriodOf } from '../../shared/domain/limits.ts';
import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { orderBy, type SIGNALS, scoreOf } from '../../shared/domain/referrals.ts';
import { formatInstant, type Instant, localDateOf, NEVER } from '../../shared/domain/time.ts';
import type {
  MerchantReferral,
  ReferralAccept,
  ReferralClickAnswer,
  ReferralDecision,
  ReferralItem,
  ReferralOverview,
  ReferralSignals,
} from '../../shared/protocol/api.ts';
import { type Database, first } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Vault } from '../identity/vault.ts';
import { REFERRAL_REWARDS } from '../ledger/commands/reward-referral.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { membersById } from '../ledger/rows.ts';
import type { ProfileBook } from '../members/profile-book.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { acceptReferral, clickHashOf, ensureCode, memberIdOfCode, originOf } from './accept.ts';
import { evidenceOf } from './evidence.ts';
import {
  insertClick,
  type ReferralRow,
  referralById,
  referralsInState,
  referralsOfFriends,
  referralsOfReferrer,
  termsOf,
} from './referral-rows.ts';
import { itemOf, merchantItemOf } from './referral-views.ts';
import { createSignalBook } from './signals.ts';

/** Referrals that a member is shown. */
const SHOWN_COUNT = 100;

/** How members bring others. */
export interface ReferralBook {
  /** A member's code, link and referrals. @throws {LoyaltyError} `referral_not_offered`. */
  overview(programId: string, memberId: string): Promise<ReferralOverview>;

  /** Somebody came by a link. @throws {LoyaltyError} `referral_not_offered`, `referral_code_not_found`. */
  click(programId: string, code: string): Promise<ReferralClickAnswer>;

  /** See {@link acceptReferral}. @throws {LoyaltyError} `referral_not_offered`, and those. */
  accept(
    programId: string,
    friendId: string,
    by: ReferralAccept,
    at?: Instant,
  ): Promise<{ readonly item: ReferralItem; readonly isNew: boolean }>;

  /** What the shop knows a member by; kept only where the program has referrals. */
  noteSignals(programId: string, memberId: string, signals: ReferralSignals): Promise<void>;

  /**
   * What an order or a join says beside: by whom the customer came, and what he is known by. Neither is ever refused for it.
   *
   * @param at When it was, in the shop.
   */
  noteArrival(
    programId: string,
    customerId: string,
    said: { readonly code: string | undefined; readonly signals: ReferralSignals | undefined },
    at?: Instant,
  ): Promise<void>;

  /** Looks at a referral that is due, and gives what it came to; `null` where another did so before. */
  settle(programId: string, row: ReferralRow, asOf: Instant): Promise<string | null>;

  /** In one state, oldest first, behind a place. */
  list(
    programId: string,
    page: { readonly state: string; readonly joinedAt: Instant; readonly referralId: string; readonly limit: number },
  ): Promise<{ readonly referrals: readonly MerchantReferral[]; readonly last: ReferralRow | null }>;

  /** @throws {LoyaltyError} `referral_not_found`; `referral_settled` where nothing is to be decided. */
  decide(programId: string, referralId: string, decision: ReferralDecision): Promise<MerchantReferral>;

  /** @throws {LoyaltyError} `referral_not_found`; `referral_settled` where there is nothing to appeal against. */
  appeal(programId: string, memberId: string, referralId: string, text: string): Promise<ReferralItem>;
}

export interface ReferralParts {
  readonly database: Database;
  readonly programs: Pick<ProgramStore, 'versions'>;
  readonly ledger: Pick<Ledger, 'run' | 'enrol'>;
  readonly profiles: Pick<ProfileBook, 'read'>;
  readonly vault: Pick<Vault, 'macOf'>;
  readonly clock: () => Instant;
}

const rewardsUsed = statement<{ times: number }>((db, p) =>
  db
    .selectFrom('member_uses')
    .select('times')
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('subject', '=', p('subject'))
    .where('period', '=', p('period')),
);

export function createReferralBook({
  database,
  programs,
  ledger,
  profiles,
  vault,
  clock,
}: ReferralParts): ReferralBook {
  const signalBook = createSignalBook(vault);

  async function offered(programId: string): Promise<{ version: ProgramVersion; terms: Terms }> {
    const version = versionAt(await programs.versions(database, programId), clock());
    const { referral: terms } = version.program;
    if (!terms) throw new LoyaltyError('referral_not_offered', 'The program has no referrals.');
    return { version, terms };
  }

  /** The mailboxes that both gave in their profiles; nobody is asked for one. */
  async function mailsOf(programId: string, memberIds: readonly string[]) {
    return Promise.all(
      memberIds.map(async (memberId) => {
        const email = await profiles.read(programId, memberId).then(
          (profile) => profile.email,
          (error: unknown) => {
            // One who was erased has none.
            if (error instanceof LoyaltyError) return null;
            throw error;
          },
        );
        return { memberId, email };
      }),
    );
  }

  async function rowOfId(programId: string, referralId: string): Promise<ReferralRow> {
    const row = await first(database, referralById, { programId, referralId });
    if (!row) throw new LoyaltyError('referral_not_found', 'There is no such referral.');
    return row;
  }

  async function merchantItems(programId: string, rows: readonly ReferralRow[]): Promise<MerchantReferral[]> {
    const versions = await programs.versions(database, programId);
    const ids = [...new Set(rows.flatMap(({ friend_id, referrer_id }) => [friend_id, referrer_id]))];
    const members = await database.transaction((tx) => tx.allIn(membersById, { programId }, ids));
    const customers = new Map(members.map(({ member_id, customer_id }) => [member_id, customer_id]));
    return rows.map((row) => merchantItemOf(row, termsOf(versions, row), customers, clock()));
  }

  const book: ReferralBook = {
    async overview(programId, memberId) {
      const { version, terms } = await offered(programId);
      const now = clock();
      const { url, timeZone } = version.program;
      const { code } = await database.transaction((tx) => ensureCode(tx, programId, memberId, now));
      const versions = await programs.versions(database, programId);
      const mine = { programId, referrerId: memberId, from: 0, until: NEVER, limit: SHOWN_COUNT };
      const period = limitPeriodOf('month', localDateOf(now, timeZone));
      const use = { programId, memberId, subject: REFERRAL_REWARDS, period };
      const [rows, own, used] = await Promise.all([
        database.all(referralsOfReferrer, mine),
        first(database, referralsOfFriends.statement(1), { programId, key0: memberId }),
        first(database, rewardsUsed, use),
      ]);
      const { holdScore: _hold, refuseScore: _refuse, friendCoupon = null, ...shown } = terms;
      return {
        code,
        link: linkOf(url, code),
        terms: { ...shown, friendCoupon },
        rewardsLeftThisMonth: Math.max(0, terms.rewardsPerMonthMax - (used?.times ?? 0)),
        referrals: rows.map((row) => itemOf(row, termsOf(versions, row), 'referrer', now)),
        acceptedAs: own ? itemOf(own, termsOf(versions, own), 'friend', now) : null,
      };
    },

    async click(programId, code) {
      const { terms } = await offered(programId);
      const now = clock();
      const referrerId = await memberIdOfCode(database, programId, code);
      const attribution = randomBytes(15).toString('base64url');
      await database.transaction((tx) =>
        tx.insert(insertClick, [[programId, clickHashOf(attribution), referrerId, now]]),
      );
      return { attribution, expiresAt: formatInstant(orderBy(terms, now)) };
    },

    async accept(programId, friendId, { code, attribution, signals = {} }, at) {
      const { version, terms } = await offered(programId);
      const now = clock();
      const origin = await originOf(database, programId, { code, attribution, at }, terms, now);
      const mails = await mailsOf(programId, [friendId, origin.referrerId]);
      const { row, isNew } = await database.transaction(async (tx) => {
        await signalBook.write(tx, { programId, memberId: friendId }, signals, now);
        for (const { memberId, email } of mails) await signalBook.writeMail(tx, { programId, memberId }, email, now);
        return acceptReferral(tx, { programId, friendId, origin, version, terms, now });
      });
      // A friend about whom there is doubt gets nothing ahead.
      const isPlain = scoreOf(JSON.parse(row.signals) as (keyof typeof SIGNALS)[]) < terms.holdScore;
      if (terms.friendCoupon !== undefined && isPlain) await ledger.run(programId, 'welcomeFriend', row);
      const versions = await programs.versions(database, programId);
      return { item: itemOf(row, termsOf(versions, row), 'friend', now), isNew };
    },

    async noteSignals(programId, memberId, signals) {
      const { program } = versionAt(await programs.versions(database, programId), clock());
      if (!program.referral) return;
      await database.transaction((tx) => signalBook.write(tx, { programId, memberId }, signals, clock()));
    },

    async noteArrival(programId, customerId, { code, signals }, at) {
      if (code === undefined && signals === undefined) return;
      const { program } = versionAt(await programs.versions(database, programId), clock());
      if (!program.referral) return;
      const memberId = await ledger.enrol(programId, customerId);
      if (signals) await book.noteSignals(programId, memberId, signals);
      if (code === undefined) return;
      try {
        await book.accept(programId, memberId, { code }, at);
      } catch (error) {
        if (!(error instanceof LoyaltyError)) throw error;
      }
    },

    async settle(programId, row, asOf) {
      const mails = await mailsOf(programId, [row.friend_id, row.referrer_id]);
      const signals = await database.transaction(async (tx) => {
        for (const { memberId, email } of mails)
          await signalBook.writeMail(tx, { programId, memberId }, email, clock());
        return evidenceOf(tx, programId, row);
      });
      const { result } = await ledger.run(programId, 'settleReferral', row, signals, asOf);
      return result?.state ?? null;
    },

    async list(programId, { state, joinedAt, referralId, limit }) {
      const rows = await database.all(referralsInState, { programId, state, joinedAt, referralId, limit: limit + 1 });
      const shown = rows.slice(0, limit);
      const last = rows.length > limit ? (shown.at(-1) ?? null) : null;
      return { referrals: await merchantItems(programId, shown), last };
    },

    async decide(programId, referralId, { decision, reason }) {
      const row = await rowOfId(programId, referralId);
      const { result } = await ledger.run(programId, 'changeReferral', row, { kind: 'decided', decision }, reason);
      if (!result?.isChanged) throw new LoyaltyError('referral_settled', 'Nothing is to be decided here.');
      const decided = await rowOfId(programId, referralId);
      const now = clock();
      if (decided.due_at <= now) await book.settle(programId, decided, now);
      const [item] = await merchantItems(programId, [await rowOfId(programId, referralId)]);
      return item as MerchantReferral;
    },

    async appeal(programId, memberId, referralId, text) {
      const row = await rowOfId(programId, referralId);
      const side = row.friend_id === memberId ? 'friend' : 'referrer';
      if (side === 'referrer' && row.referrer_id !== memberId) {
        throw new LoyaltyError('referral_not_found', 'There is no such referral.');
      }
      const { result } = await ledger.run(programId, 'changeReferral', row, { kind: 'appealed' }, text);
      if (!result?.isChanged) throw new LoyaltyError('referral_settled', 'There is nothing to appeal against.');
      const versions = await programs.versions(database, programId);
      return itemOf(await rowOfId(programId, referralId), termsOf(versions, row), side, clock());
    },
  };
  return book;
}

type Terms = NonNullable<ProgramVersion['program']['referral']>;

/** Where a friend goes: the program's page, which tells of the click. */
export function linkOf(url: string, code: string): string {
  const link = new URL(url);
  link.searchParams.set('laurel-ref', code);
  return link.href;
}
