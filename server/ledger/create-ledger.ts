import { LoyaltyError } from '../../shared/domain/errors.ts';
import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { Database } from '../database/database.ts';
import { createOutbox, type Outbox } from '../outbox/outbox.ts';
import { NO_CODES, type RedemptionCodes } from '../redemptions/codes.ts';
import { entryOf } from './chain.ts';
import { CommandQueue, type ProgramReader } from './command-queue.ts';
import type { EraseRecords } from './commands/erase-member.ts';
import {
  type CommandArguments,
  type CommandName,
  type CommandRunner,
  NO_ERASURE,
  runnerOn,
} from './commands/named-commands.ts';
import { heeds } from './commands/post-event.ts';
import type { Ledger } from './ledger.ts';
import { memberOfCustomer } from './reads/find-customer.ts';
import { quoteOrder } from './reads/quote-order.ts';
import { accountJson, readAccountAt, type TimedReading } from './reads/read-account.ts';
import { readBenefits } from './reads/read-benefits.ts';
import { readEarner } from './reads/read-earner.ts';
import { readEntry, readEntryPage } from './reads/read-entries.ts';
import { readOrderCodes } from './reads/read-order-codes.ts';
import { membersToExpire, seqOf } from './rows.ts';
import { sweepUses } from './sweep-uses.ts';
import type { LedgerThread } from './thread/threaded-ledger.ts';
import type { KeptMembers } from './unit/kept-members.ts';

/** Accounts kept ready; the one read longest ago makes room. */
const CACHED_ACCOUNT_COUNT_MAX = 10_000;

/** Readings of an account that changes all the while, before one is given as it is. */
const READ_TRY_COUNT_MAX = 5;

/** Members written off in one go. */
const EXPIRY_BATCH_SIZE = 500;

export interface LedgerParts {
  readonly database: Database;
  readonly programs: ProgramReader;
  readonly clock: () => Instant;
  /** Where what happens is kept for those who listen; its own where absent. */
  readonly outbox?: Pick<Outbox, 'writeUnit'>;
  /** Codes of rewards and coupons; without it the ledger gives none. */
  readonly codes?: RedemptionCodes;
  /** Told of members whose account is no longer as it was. */
  readonly onChanged?: (programId: string, memberIds: readonly string[]) => void;
  /** Takes a member's records away when his account ends; without it nobody can be erased. */
  readonly eraseRecords?: EraseRecords;
  /** Keeps members between commands; only where nobody else writes members and accounts. */
  readonly keptMembers?: KeptMembers;
  /** Where commands are decided; in this thread where absent. Needs no outbox, codes and eraser here. */
  readonly thread?: LedgerThread | null;
  /** Told of each group of commands that is decided together. */
  readonly onGroup?: ((size: number) => void) | undefined;
}

/** The ledger over a database. */
export function createLedger({
  database,
  programs,
  clock,
  outbox = createOutbox(),
  codes = NO_CODES,
  onChanged = () => {},
  eraseRecords = NO_ERASURE,
  keptMembers,
  thread = null,
  onGroup,
}: LedgerParts): Ledger {
  const cache = new Map<string, { readonly reading: TimedReading; readonly versionCount: number }>();
  /** Grows with every change; a reading begun before a change is not kept. */
  let changeCount = 0;

  const forget = (programId: string, memberIds: readonly string[]) => {
    changeCount++;
    for (const memberId of memberIds) cache.delete(cacheKey(programId, memberId));
    onChanged(programId, memberIds);
  };
  const queueParts = { database, programs, clock, outbox, codes, onChanged: forget, onGroup, keptMembers };
  const runner: CommandRunner = thread ?? runnerOn(new CommandQueue(queueParts), { eraseRecords });
  thread?.listen({ onChanged: forget, onGroup });

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
    const reading = await readWhole(programId, versions, memberId, now);
    // Only the embedded store has no other writer that could change the account unseen.
    if (database.dialect === 'sqlite' && before === changeCount) {
      cache.delete(key);
      cache.set(key, { reading, versionCount: versions.length });
      if (cache.size > CACHED_ACCOUNT_COUNT_MAX) cache.delete(cache.keys().next().value as string);
    }
    return reading;
  }

  /** In one piece: what is read in several statements may change in between where the ledger is in another thread. */
  async function readWhole(
    programId: string,
    versions: readonly ProgramVersion[],
    memberId: string,
    now: Instant,
  ): Promise<TimedReading> {
    for (let tries = 1; ; tries++) {
      const reading = await readAccountAt(database, programId, versions, memberId, now);
      if (!thread || tries === READ_TRY_COUNT_MAX) return reading;
      const [account] = await database.all(seqOf, { programId, memberId });
      if (account?.seq === reading.account.seq) return reading;
    }
  }

  async function post<Name extends CommandName>(programId: string, name: Name, ...args: CommandArguments<Name>) {
    const outcome = await runner.run(programId, name, ...args);
    const { bytes, memberId, seq } = outcome;
    return { outcome, entry: await entryAt(programId, memberId, seq, bytes) };
  }

  async function entryAt(programId: string, memberId: string, seq: number, bytes: string | undefined) {
    return bytes === undefined ? readEntry(database, programId, memberId, seq) : entryOf(bytes);
  }

  async function enrolledId(programId: string, customerId: string): Promise<string | undefined> {
    return (await memberOfCustomer(database, programId, customerId))?.member_id;
  }

  async function benefitsOf(programId: string, memberId: string) {
    return readBenefits(database, programId, await programs.versions(database, programId), memberId, clock());
  }

  async function memberIdOf(programId: string, customerId: string): Promise<string> {
    const row = await memberOfCustomer(database, programId, customerId);
    if (!row) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
    return row.member_id;
  }

  return {
    async postOrder(programId, order, idempotencyKey) {
      const { outcome, entry } = await post(programId, 'postOrder', order, idempotencyKey);
      const receipt = { replayed: outcome.replayed, order: order.id, memberId: order.memberId, entry };
      return order.redemptionCodes?.length
        ? { ...receipt, codes: await readOrderCodes(database, programId, order) }
        : receipt;
    },

    async postRefund(programId, orderId, refund, idempotencyKey) {
      const { outcome, entry } = await post(programId, 'postRefund', orderId, refund, idempotencyKey);
      return { replayed: outcome.replayed, order: orderId, refund: refund.id, memberId: outcome.customerId, entry };
    },

    settleRefunds: (programId, orderId, { totalMinor, at }) =>
      runner.run(programId, 'settleRefunds', orderId, totalMinor, at),

    async postAdjustment(programId, customerId, adjustment, idempotencyKey) {
      const { outcome, entry } = await post(programId, 'postAdjustment', customerId, adjustment, idempotencyKey);
      return { replayed: outcome.replayed, memberId: customerId, entry };
    },

    async expireLots(programId, asOf) {
      const total = { entryCount: 0, points: 0 };
      for (;;) {
        const due = await database.all(membersToExpire, { programId, asOf, limit: EXPIRY_BATCH_SIZE });
        const outcomes = await Promise.all(
          due.map(({ member_id }) => runner.run(programId, 'expireLots', member_id, asOf)),
        );
        for (const { result } of outcomes) {
          total.entryCount += result?.entryCount ?? 0;
          total.points += result?.points ?? 0;
        }
        if (due.length < EXPIRY_BATCH_SIZE) return total;
      }
    },

    async postEvent(programId, event, idempotencyKey) {
      const { replayed, memberId, seq, bytes } = await runner.run(programId, 'postEvent', event, idempotencyKey);
      const entry = seq === 0 ? null : await entryAt(programId, memberId, seq, bytes);
      return { replayed, event: event.id, memberId: event.memberId, entry };
    },

    async postOwnEvent(programId, memberId, fact) {
      const { program } = versionAt(await programs.versions(database, programId), Date.parse(fact.occurredAt));
      if (heeds(program, fact.type)) await runner.run(programId, 'postOwnEvent', memberId, fact);
    },

    async quote(programId, who, cart) {
      const versions = await programs.versions(database, programId);
      const now = clock();
      const memberId = await (who && 'customerId' in who ? enrolledId(programId, who.customerId) : who?.memberId);
      const earner = memberId === undefined ? null : await readEarner(database, programId, versions, memberId, now);
      return quoteOrder(versions, cart, earner, now);
    },

    async pinTier(programId, customerId, pin, idempotencyKey) {
      const { outcome, entry } = await post(programId, 'pinTier', customerId, pin, idempotencyKey);
      return { replayed: outcome.replayed, memberId: customerId, entry };
    },

    async useBenefit(programId, customerId, benefit, { id }) {
      const { outcome, entry } = await post(programId, 'useBenefit', customerId, benefit, id);
      const { benefits } = await benefitsOf(programId, outcome.memberId);
      const remaining = benefits.find((known) => known.id === benefit)?.remaining ?? null;
      return { replayed: outcome.replayed, memberId: customerId, entry, benefit, remaining };
    },

    readBenefits: benefitsOf,

    async extendLots(programId, memberId, request, idempotencyKey) {
      const { outcome, entry } = await post(programId, 'extendLots', memberId, request, idempotencyKey);
      return { replayed: outcome.replayed, entry };
    },

    sweepUses: (programId, asOf) => sweepUses(database, programs, programId, asOf),

    async reviewTier(programId, memberId, asOf) {
      const { result } = await runner.run(programId, 'reviewTier', memberId, asOf);
      return result ?? { reviewCount: 0, isChanged: false };
    },

    async enrol(programId, customerId) {
      const known = await memberOfCustomer(database, programId, customerId);
      if (known) return known.member_id;
      const { memberId } = await runner.run(programId, 'enrol', customerId);
      return memberId;
    },

    memberIdOf,

    readAccount: read,

    async readMember(programId, customerId) {
      const { account, head, member } = await read(programId, await memberIdOf(programId, customerId));
      return { ...account, memberId: customerId, enrolledAt: formatInstant(member.enrolledAt), head };
    },

    readEntries: (programId, memberId, page) => readEntryPage(database, programId, memberId, page),

    forget: (programId, memberId) => forget(programId, [memberId]),

    run: (programId, name, ...args) => runner.run(programId, name, ...args),

    importOrder: (programId, order) => runner.run(programId, 'postOrder', order),
  };
}

const cacheKey = (programId: string, memberId: string) => `${programId} ${memberId}`;
