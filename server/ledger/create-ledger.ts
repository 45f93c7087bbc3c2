import { LoyaltyError } from '../../shared/domain/errors.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import { type Database, first } from '../database/database.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { postAdjustment } from './adjust.ts';
import { entryOf } from './chain.ts';
import { CommandQueue, type ProgramReader } from './command-queue.ts';
import type { Command, Outcome } from './commands.ts';
import { eraseMember } from './erase-member.ts';
import { type Expired, expireLots } from './expire-lots.ts';
import type { Ledger } from './ledger.ts';
import { postOrder } from './post-order.ts';
import { postRefund } from './post-refund.ts';
import { accountJson, readAccountAt, type TimedReading } from './read-account.ts';
import { readEntry, readEntryPage } from './read-entries.ts';
import { type Reviewed, reviewTier } from './review-tier.ts';
import { membersByCustomer, membersToExpire } from './rows.ts';
import { settleRefunds } from './settle-refunds.ts';

/** Accounts kept ready; the one read longest ago makes room. */
const CACHED_ACCOUNT_COUNT_MAX = 10_000;

/** Members written off in one go. */
const EXPIRY_BATCH_SIZE = 500;

export interface LedgerParts {
  readonly database: Database;
  readonly programs: ProgramReader;
  readonly clock: () => Instant;
  /** Where what happens is kept for those who listen; its own where absent. */
  readonly outbox?: Pick<Outbox, 'writeUnit'>;
  /** Told of members whose account is no longer as it was. */
  readonly onChanged?: (programId: string, memberIds: readonly string[]) => void;
}

/** The ledger over a database. */
export function createLedger({
  database,
  programs,
  clock,
  outbox = createOutbox(),
  onChanged = () => {},
}: LedgerParts): Ledger {
  const cache = new Map<string, { readonly reading: TimedReading; readonly versionCount: number }>();
  /** Grows with every change; a reading begun before a change is not kept. */
  let changeCount = 0;

  const forget = (programId: string, memberIds: readonly string[]) => {
    changeCount++;
    for (const memberId of memberIds) cache.delete(cacheKey(programId, memberId));
    onChanged(programId, memberIds);
  };
  const queue = new CommandQueue({ database, programs, clock, outbox, onChanged: forget });

  async function read(programId: string, memberId: string): Promise<TimedReading> {
    const versions = await programs.versions(database, programId);
    const now = clock();
    const key = cacheKey(programId, memberId);
    const kept = cache.get(key);
    if (kept && kept.versionCount === versions.length && now < kept.reading.validUntil) {
      const { reading } = kept;
      return {
        ...reading,
        account: { ...reading.account, asOf: formatInstant(now) },
        json: accountJson(reading.lastingJson, now),
      };
    }
    const before = changeCount;
    const reading = await readAccountAt(database, programId, versions, memberId, now);
    // Only the embedded store has no other writer that could change the account unseen.
    if (database.dialect === 'sqlite' && before === changeCount) {
      cache.delete(key);
      cache.set(key, { reading, versionCount: versions.length });
      if (cache.size > CACHED_ACCOUNT_COUNT_MAX) cache.delete(cache.keys().next().value as string);
    }
    return reading;
  }

  async function post(programId: string, command: Command) {
    const outcome = await queue.run(programId, command);
    const { bytes, memberId, seq } = outcome;
    return {
      outcome,
      entry: bytes === undefined ? await readEntry(database, programId, memberId, seq) : entryOf(bytes),
    };
  }

  async function memberIdOf(programId: string, customerId: string): Promise<string> {
    const row = await first(database, membersByCustomer.statement(1), { programId, key0: customerId });
    if (!row) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
    return row.member_id;
  }

  return {
    async postOrder(programId, order, idempotencyKey) {
      const { outcome, entry } = await post(programId, postOrder(order, idempotencyKey));
      return { replayed: outcome.replayed, order: order.id, memberId: order.memberId, entry };
    },

    async postRefund(programId, orderId, refund, idempotencyKey) {
      const { outcome, entry } = await post(programId, postRefund(orderId, refund, idempotencyKey));
      return { replayed: outcome.replayed, order: orderId, refund: refund.id, memberId: outcome.customerId, entry };
    },

    settleRefunds: (programId, orderId, { totalMinor, at }) =>
      queue.run(programId, settleRefunds(orderId, totalMinor, at)),

    async postAdjustment(programId, customerId, adjustment, idempotencyKey) {
      const { outcome, entry } = await post(programId, postAdjustment(customerId, adjustment, idempotencyKey));
      return { replayed: outcome.replayed, memberId: customerId, entry };
    },

    async expireLots(programId, asOf) {
      const total = { entryCount: 0, points: 0 };
      for (;;) {
        const due = await database.all(membersToExpire, { programId, asOf, limit: EXPIRY_BATCH_SIZE });
        const parts = due.map((): Expired => ({ entryCount: 0, points: 0 }));
        await Promise.all(
          due.map(({ member_id }, index) => queue.run(programId, expireLots(member_id, asOf, parts[index] as Expired))),
        );
        for (const part of parts) {
          total.entryCount += part.entryCount;
          total.points += part.points;
        }
        if (due.length < EXPIRY_BATCH_SIZE) return total;
      }
    },

    async reviewTier(programId, memberId, asOf) {
      const reviewed: Reviewed = { reviewCount: 0, isChanged: false };
      await queue.run(programId, reviewTier(memberId, asOf, reviewed));
      return reviewed;
    },

    async enrol(programId, customerId) {
      const known = await first(database, membersByCustomer.statement(1), { programId, key0: customerId });
      if (known) return known.member_id;
      const { memberId } = await queue.run(programId, enrolment(customerId));
      return memberId;
    },

    memberIdOf,

    async erase(programId, memberId, eraseRecords) {
      await queue.run(programId, eraseMember(memberId, eraseRecords));
    },

    readAccount: read,

    async readMember(programId, customerId) {
      const { account, head, member } = await read(programId, await memberIdOf(programId, customerId));
      return { ...account, memberId: customerId, enrolledAt: formatInstant(member.enrolledAt), head };
    },

    readEntries: (programId, memberId, page) => readEntryPage(database, programId, memberId, page),

    forget: (programId, memberId) => forget(programId, [memberId]),

    importOrder: (programId, order) => queue.run(programId, postOrder(order)),
  };
}

function enrolment(customerId: string): Command {
  return {
    needs: { customerId },
    decide(unit): Outcome {
      const member = unit.customer(customerId);
      unit.enrol(member);
      return { memberId: member.memberId, customerId, seq: 0, replayed: false };
    },
  };
}

const cacheKey = (programId: string, memberId: string) => `${programId} ${memberId}`;
