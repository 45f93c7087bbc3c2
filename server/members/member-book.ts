import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type {
  ErasureReceipt,
  ExportPage,
  JoinAnswer,
  JoinRequest,
  MergeReceipt,
  MergeRequest,
} from '../../shared/protocol/api.ts';
import { OWN_EVENT_PREFIX } from '../../shared/protocol/schemas.ts';
import { type Database, first } from '../database/database.ts';
import type { AccessTokens } from '../identity/access-tokens.ts';
import type { Vault } from '../identity/vault.ts';
import type { Erased } from '../ledger/commands/erase-member.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { readEntry } from '../ledger/reads/read-entries.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { type ConsentBook, createConsentBook } from './consent-book.ts';
import type { Proof } from './consent-chain.ts';
import { selectAccountSeq } from './consent-rows.ts';
import { createDataKeys } from './data-keys.ts';
import { type ExportPosition, exportAccount, FROM_START, noSuchPosition } from './export-member.ts';
import { memberNotFound, memberOfId } from './find-member.ts';
import { enrolledAs, mergedInto, standsFor } from './merged-members.ts';
import { createProfileBook, type ProfileBook } from './profile-book.ts';

/** Members as persons: what they say of themselves, what they agreed to, and their way in and out. */
export interface MemberBook {
  readonly profiles: ProfileBook;
  readonly consents: ConsentBook;

  /**
   * Enrols a customer with what he says of himself and agrees to, in one go. Safe to repeat with the same content.
   *
   * @throws {LoyaltyError} `program_not_found`, `idempotency_conflict`, and what giving a consent throws.
   */
  join(programId: string, customerId: string, request: JoinRequest, proof: Proof): Promise<JoinAnswer>;

  /** As {@link join}, of one who is enrolled already. @throws {LoyaltyError} as well `member_not_found`. */
  joinAs(programId: string, memberId: string, request: JoinRequest, proof: Proof): Promise<JoinAnswer>;

  /** A page of everything that is kept of a member, and of the accounts merged into his. @throws {LoyaltyError} `member_not_found`, `invalid_request`. */
  exportMember(
    programId: string,
    memberId: string,
    position: ExportPosition | null,
  ): Promise<Omit<ExportPage, 'nextCursor'> & { readonly next: ExportPosition | null }>;

  /**
   * Forgets a member, with all who were merged into him: whatever names him is gone and his key with it, his points are forfeited, his tokens end. His
   * chain of entries stays, under an id that leads to nobody.
   *
   * @throws {LoyaltyError} `member_not_found`.
   */
  erase(programId: string, memberId: string, reason: string): Promise<ErasureReceipt>;

  /**
   * Makes two members one, by the shop's ids of them.
   *
   * @throws {LoyaltyError} `member_not_found`, `merge_refused`, `idempotency_conflict`, `points_overflow`.
   */
  merge(programId: string, customerId: string, request: MergeRequest, idempotencyKey?: string): Promise<MergeReceipt>;

  /** Takes a merge back. @throws {LoyaltyError} `member_not_found`, `merge_not_found`, `merge_refused`, `idempotency_conflict`. */
  unmerge(programId: string, customerId: string, reason: string, idempotencyKey?: string): Promise<MergeReceipt>;
}

export function createMemberBook({
  database,
  programs,
  ledger,
  vault,
  outbox,
  accessTokens,
  clock,
}: {
  readonly database: Database;
  readonly programs: ProgramStore;
  readonly ledger: Ledger;
  readonly vault: Vault;
  readonly outbox: Pick<Outbox, 'write'>;
  readonly accessTokens: Pick<AccessTokens, 'endAll'>;
  readonly clock: () => Instant;
}): MemberBook {
  const dataKeys = createDataKeys(vault);
  const profiles = createProfileBook({ database, vault, dataKeys, clock });
  const consents = createConsentBook({ database, programs, dataKeys, outbox, clock });

  async function ownIdOf(programId: string, customerId: string): Promise<string> {
    const memberId = await enrolledAs(database, programId, customerId);
    if (memberId === undefined) throw memberNotFound();
    return memberId;
  }

  /** A member with all who were merged into him, however far back. */
  async function personOf(programId: string, memberId: string): Promise<string[]> {
    const ids = [memberId];
    for (const id of ids) ids.push(...(await mergedInto(database, programId, id)));
    return ids;
  }

  async function joinAs(programId: string, memberId: string, request: JoinRequest, proof: Proof): Promise<JoinAnswer> {
    const isNew = await database.transaction(async (tx) => {
      const now = clock();
      const member = await memberOfId(tx, programId, memberId);
      if (!(await profiles.join(tx, member, request, now))) return false;
      await consents.giveAll(tx, member, request.consents, proof, now);
      const account = await first(tx, selectAccountSeq, { programId, memberId });
      const event = { memberId, memberSeq: account?.seq ?? 0, type: 'member.joined', occurredAt: now };
      await outbox.write(tx, programId, [{ ...event, data: { source: request.source } }], now);
      return true;
    });
    const profile = await profiles.read(programId, memberId);
    // Also of a repeat: the server may have stopped in between.
    if (profile.joinedAt !== null) {
      const id = `${OWN_EVENT_PREFIX}sign-up:${memberId}`;
      await ledger.postOwnEvent(programId, memberId, { id, type: 'sign-up', occurredAt: profile.joinedAt });
    }
    return {
      replayed: !isNew,
      profile,
      consents: [...(await consents.read(programId, memberId))],
    };
  }

  return {
    profiles,
    consents,
    joinAs,

    async join(programId, customerId, request, proof) {
      return joinAs(programId, await ledger.enrol(programId, customerId), request, proof);
    },

    async exportMember(programId, memberId, position) {
      await memberOfId(database, programId, memberId);
      const accounts = await personOf(programId, memberId);
      const start: ExportPosition = position ?? [memberId, FROM_START, ''];
      const index = accounts.indexOf(start[0]);
      const accountId = accounts[index];
      if (accountId === undefined) throw noSuchPosition();
      const member = await memberOfId(database, programId, accountId);
      const readAccount = () => ledger.readAccount(programId, accountId);
      const source = { reader: database, member, profiles, consents, readAccount };
      const { next, ...page } = await exportAccount(source, start, clock());
      const nextAccount = accounts[index + 1];
      return { ...page, next: next ?? (nextAccount === undefined ? null : [nextAccount, FROM_START, '']) };
    },

    async erase(programId, erasedId, reason) {
      await memberOfId(database, programId, erasedId);
      const memberId = await standsFor(database, programId, erasedId);
      const person = await personOf(programId, memberId);
      const { result } = await ledger.run(programId, 'eraseMember', memberId, reason);
      const { at, points } = result as Erased;
      for (const id of person) {
        accessTokens.endAll(programId, id);
        ledger.forget(programId, id);
      }
      return { erased: memberId, erasedAt: formatInstant(at), pointsForfeited: points };
    },

    async merge(programId, customerId, { into, reason }, idempotencyKey) {
      const memberId = await ownIdOf(programId, customerId);
      const outcome = await ledger.run(programId, 'mergeMembers', memberId, into, reason, idempotencyKey);
      const points = -(await readEntry(database, programId, memberId, outcome.seq)).points || 0;
      return { replayed: outcome.replayed, memberId: customerId, into, points };
    },

    async unmerge(programId, customerId, reason, idempotencyKey) {
      const memberId = await ownIdOf(programId, customerId);
      const outcome = await ledger.run(programId, 'unmergeMembers', memberId, reason, idempotencyKey);
      const { points, peer = '' } = await readEntry(database, programId, memberId, outcome.seq);
      const into = await memberOfId(database, programId, peer);
      return { replayed: outcome.replayed, memberId: customerId, into: into.customerId, points };
    },
  };
}
