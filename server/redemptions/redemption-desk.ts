import { LoyaltyError } from '../../shared/domain/errors.ts';
import { versionAt } from '../../shared/domain/program.ts';
import { discountOf, REDEMPTION_STATES } from '../../shared/domain/redeeming.ts';
import { formatInstant, type Instant, NEVER } from '../../shared/domain/time.ts';
import type {
  CodeCheck,
  CodeCheckAnswer,
  CouponAnswer,
  CouponIssueRequest,
  CouponList,
  FulfilmentChange,
  MemberRedemption,
  Redemption,
  RedemptionAnswer,
  RedemptionRequest,
  RewardList,
} from '../../shared/protocol/api.ts';
import { type Database, first } from '../database/database.ts';
import { redemptionNotFound } from '../ledger/commands/release.ts';
import type { Ledger } from '../ledger/ledger.ts';
import {
  lapsedRedemptions,
  type RedemptionRow,
  redemptionsByCode,
  redemptionsById,
} from '../ledger/redemption-rows.ts';
import { membersById } from '../ledger/rows.ts';
import { isUsable, termsOf } from '../ledger/unit/redemption-book.ts';
import type { MissGuard } from '../limits/miss-guard.ts';
import { enrolledAs, mergedInto, standsFor } from '../members/merged-members.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import type { RedemptionCodes } from './codes.ts';
import { redemptionsInState, redemptionsOfMember } from './redemption-reads.ts';
import { readRewards } from './reward-list.ts';
import { couponView, memberRedemptionView, namesOf, redemptionView } from './views.ts';

/** Holds let go in one go. */
const RELEASE_BATCH_SIZE = 500;

/** Coupons that a member is shown. */
const COUPON_COUNT_MAX = 200;

/**
 * How long the answer to a code that is none takes, whatever it is: unknown, used, or somebody else's. So long that the
 * difference of what was looked up is lost in the timer's own steps.
 */
const MISS_MS = 20;

/** Refusals that holds whose time has run out may be the reason of. */
const MAY_BE_FREED: ReadonlySet<string> = new Set(['insufficient_points', 'out_of_stock', 'limit_reached']);

export interface PlaceInList {
  readonly at: number;
  readonly id: string;
}

/** Rewards, redemptions and coupons, as members and merchants see and change them. */
export interface RedemptionDesk {
  rewards(programId: string, memberId: string): Promise<RewardList>;

  /** @throws {LoyaltyError} `reward_not_found`, `invalid_request`, `insufficient_points` and why else not. */
  redeem(programId: string, memberId: string, request: RedemptionRequest, key: string): Promise<RedemptionAnswer>;

  /** @throws {LoyaltyError} `redemption_not_found`, `redemption_closed`. */
  release(programId: string, memberId: string, redemptionId: string): Promise<RedemptionAnswer>;

  /** Ends the holds and coupons whose time has run out by `asOf`; the points of holds come back. */
  releaseExpiredHolds(
    programId: string,
    asOf: Instant,
  ): Promise<{ readonly releasedCount: number; readonly points: number }>;

  /** Whether {@link RedemptionDesk.releaseExpiredHolds} has anything to do. */
  hasExpiredHolds(programId: string, asOf: Instant): Promise<boolean>;

  redemptionsOf(
    programId: string,
    memberId: string,
    page: { readonly below: PlaceInList | null; readonly limit: number },
  ): Promise<{ readonly redemptions: Redemption[]; readonly next: PlaceInList | null }>;

  coupons(programId: string, memberId: string): Promise<CouponList>;

  list(
    programId: string,
    page: { readonly state?: string | undefined; readonly below: PlaceInList | null; readonly limit: number },
  ): Promise<{ readonly redemptions: MemberRedemption[]; readonly next: PlaceInList | null }>;

  /** @throws {LoyaltyError} `redemption_not_found`, `redemption_closed`. */
  change(programId: string, redemptionId: string, change: FulfilmentChange): Promise<MemberRedemption>;

  /** What a code is worth, without using it. @throws {LoyaltyError} `code_not_valid`, `rate_limited`. */
  check(programId: string, check: CodeCheck): Promise<CodeCheckAnswer>;

  /** @throws {LoyaltyError} `member_not_found`, `coupon_not_found`, and why else not. */
  issueCoupon(programId: string, campaign: string, request: CouponIssueRequest, key: string): Promise<CouponAnswer>;
}

export interface DeskParts {
  readonly database: Database;
  readonly programs: Pick<ProgramStore, 'versions'>;
  readonly ledger: Ledger;
  readonly codes: RedemptionCodes;
  readonly clock: () => Instant;
  /** Stops who tries codes. */
  readonly guard: Pick<MissGuard, 'attempt'>;
}

export function createRedemptionDesk({ database, programs, ledger, codes, clock, guard }: DeskParts): RedemptionDesk {
  const codeOf = (row: RedemptionRow) => codes.codeFor(row.program_id, row.redemption_id);
  const versionsOf = (programId: string) => programs.versions(database, programId);

  async function rowOf(programId: string, redemptionId: string): Promise<RedemptionRow> {
    const row = await first(database, redemptionsById.statement(1), { programId, key0: redemptionId });
    if (!row) throw redemptionNotFound();
    return row;
  }

  async function answerOf(
    programId: string,
    { ref = '', replayed }: { readonly ref?: string; readonly replayed: boolean },
  ): Promise<RedemptionAnswer> {
    const [versions, row] = await Promise.all([versionsOf(programId), rowOf(programId, ref)]);
    return { replayed, redemption: redemptionView(row, versions, clock(), codeOf) };
  }

  async function releaseExpiredHolds(programId: string, asOf: Instant) {
    const total = { releasedCount: 0, points: 0 };
    for (;;) {
      const due = await database.all(lapsedRedemptions, { programId, asOf, limit: RELEASE_BATCH_SIZE });
      const outcomes = await Promise.all(
        due.map(({ redemption_id }) => ledger.run(programId, 'releaseLapsed', redemption_id, asOf)),
      );
      const before = total.releasedCount;
      for (const { result } of outcomes) {
        total.releasedCount += result?.count ?? 0;
        total.points += result?.points ?? 0;
      }
      // Of those that another server let go meanwhile nothing is left to do.
      if (due.length < RELEASE_BATCH_SIZE || total.releasedCount === before) return total;
    }
  }

  return {
    releaseExpiredHolds,

    hasExpiredHolds: async (programId, asOf) =>
      (await first(database, lapsedRedemptions, { programId, asOf, limit: 1 })) !== undefined,

    async rewards(programId, memberId) {
      const [{ account }, versions] = await Promise.all([
        ledger.readAccount(programId, memberId),
        versionsOf(programId),
      ]);
      const now = clock();
      return readRewards(database, versionAt(versions, now).program, memberId, account, now);
    },

    async redeem(programId, memberId, request, key) {
      const run = () => ledger.run(programId, 'redeem', memberId, request, key);
      const outcome = await run().catch(async (error: unknown) => {
        if (!(error instanceof LoyaltyError && MAY_BE_FREED.has(error.code))) throw error;
        // Nobody waits for a job: what holds took whose time is over is there again now.
        const { releasedCount } = await releaseExpiredHolds(programId, clock());
        if (releasedCount === 0) throw error;
        return run();
      });
      return answerOf(programId, outcome);
    },

    async release(programId, memberId, redemptionId) {
      return answerOf(programId, await ledger.run(programId, 'releaseRedemption', memberId, redemptionId));
    },

    async redemptionsOf(programId, memberId, { below, limit }) {
      const versions = await versionsOf(programId);
      const place = placeOf(below);
      const rows = await ownRows(programId, memberId, { origin: 'reward', ...place, limit: limit + 1 });
      const now = clock();
      const { items, next } = pageOf(rows, limit);
      return { redemptions: items.map((row) => redemptionView(row, versions, now, codeOf)), next };
    },

    async coupons(programId, memberId) {
      const versions = await versionsOf(programId);
      const page = { origin: 'coupon', ...placeOf(null), limit: COUPON_COUNT_MAX };
      const rows = await ownRows(programId, memberId, page);
      const now = clock();
      const coupons = rows.map((row) => couponView(row, versions, now, codeOf));
      // What can be used comes first, soonest to end; the rest as it was given.
      const usable = coupons.filter(({ state }) => state === 'usable');
      usable.sort((a, b) => (a.validUntil < b.validUntil ? -1 : 1));
      return { coupons: [...usable, ...coupons.filter(({ state }) => state !== 'usable')], asOf: formatInstant(now) };
    },

    async list(programId, { state, below, limit }) {
      const versions = await versionsOf(programId);
      const states = state === undefined ? REDEMPTION_STATES : [state];
      const scope = { programId, ...placeOf(below), limit: limit + 1 };
      const found = await Promise.all(
        states.map((each) => database.all(redemptionsInState, { ...scope, state: each })),
      );
      const rows = found.flat().sort(newestFirst);
      const now = clock();
      const { items, next } = pageOf(rows, limit);
      return { redemptions: items.map((row) => memberRedemptionView(row, versions, now)), next };
    },

    async change(programId, redemptionId, change) {
      const { memberId } = await ledger.run(programId, 'changeFulfilment', redemptionId, change);
      // Not every step comes with an entry.
      ledger.forget(programId, memberId);
      const [versions, row] = await Promise.all([versionsOf(programId), rowOf(programId, redemptionId)]);
      return memberRedemptionView({ ...row, customer_id: await customerOf(programId, memberId) }, versions, clock());
    },

    async check(programId, { code, memberId = null, address = null, order }) {
      const attempt = guard.attempt(memberId === null ? null : `${programId} ${memberId}`, address);
      const startedAt = performance.now();
      const key0 = codes.hashOf(programId, code);
      const row = await first(database, redemptionsByCode.statement(1), { programId, key0 });
      const now = clock();
      const customerId = row && isUsable(row, now) ? await customerOf(programId, row.member_id) : null;
      if (!row || customerId === null || !(memberId === null || (await isOf(programId, row, customerId, memberId)))) {
        await wholeSteps(startedAt, MISS_MS);
        throw new LoyaltyError('code_not_valid', 'This code is not valid.', [
          { pointer: '/code', detail: 'a code that can be used' },
        ]);
      }
      attempt.hit();
      const { worth, orderMinorMin } = termsOf(row);
      return {
        redemption: row.redemption_id,
        origin: row.origin as CodeCheckAnswer['origin'],
        reward: row.reward_id,
        name: namesOf(row, await versionsOf(programId)).name,
        worth,
        memberId: customerId,
        heldUntil: formatInstant(row.held_until),
        ...(orderMinorMin !== undefined && { orderMinorMin }),
        ...(order && discountOf(worth, order, orderMinorMin)),
      };
    },

    async issueCoupon(programId, campaign, { memberId: customerId, reason }, key) {
      const { ref = '', replayed } = await ledger.run(programId, 'issueCoupon', customerId, { campaign, reason }, key);
      const [versions, row] = await Promise.all([versionsOf(programId), rowOf(programId, ref)]);
      return { replayed, memberId: customerId, coupon: couponView(row, versions, clock(), codeOf) };
    },
  };

  /** The member's own, and those of whoever was merged into him. */
  async function ownRows(
    programId: string,
    memberId: string,
    page: ReturnType<typeof placeOf> & { readonly origin: string; readonly limit: number },
  ): Promise<RedemptionRow[]> {
    const merged = await mergedInto(database, programId, memberId);
    const [own, ...others] = await Promise.all([
      database.all(redemptionsOfMember, { programId, memberId, ...page }),
      ...merged.map((mergedId) => ownRows(programId, mergedId, page)),
    ]);
    return [...(own ?? []), ...others.flat()].sort(newestFirst).slice(0, page.limit);
  }

  /** Whether a customer may use what is a member's: it is his, or that of one with whom he was merged. */
  async function isOf(programId: string, row: RedemptionRow, owner: string, customerId: string): Promise<boolean> {
    if (owner === customerId) return true;
    const enrolled = await enrolledAs(database, programId, customerId);
    if (enrolled === undefined) return false;
    const [one, other] = await Promise.all([
      standsFor(database, programId, enrolled),
      standsFor(database, programId, row.member_id),
    ]);
    return one === other;
  }

  async function customerOf(programId: string, memberId: string): Promise<string> {
    const row = await first(database, membersById.statement(1), { programId, key0: memberId });
    return row?.customer_id ?? '';
  }
}

const newestFirst = (a: RedemptionRow, b: RedemptionRow) =>
  b.redeemed_at - a.redeemed_at || (a.redemption_id < b.redemption_id ? 1 : -1);

const placeOf = (below: PlaceInList | null) => ({
  before: below?.at ?? NEVER,
  sameTime: below?.at ?? NEVER,
  beforeId: below?.id ?? '',
});

function pageOf<Row extends RedemptionRow>(rows: readonly Row[], limit: number) {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const next = rows.length > limit && last ? { at: last.redeemed_at, id: last.redemption_id } : null;
  return { items, next };
}

/** Resolves a whole number of steps after an instant of `performance.now()`: how busy the server is shows, and nothing else. */
async function wholeSteps(startedAt: number, stepMs: number): Promise<void> {
  const instant = startedAt + Math.ceil((performance.now() - startedAt) / stepMs) * stepMs;
  for (let left = instant - performance.now(); left > 0; left = instant - performance.now()) {
    await new Promise((resolve) => setTimeout(resolve, Math.ceil(left)));
  }
}
