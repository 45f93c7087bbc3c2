import { LoyaltyError } from '../../shared/domain/errors.ts';
import { type ConsentPurpose, type Program, versionAt } from '../../shared/domain/program.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { ConfirmationAnswer, ConsentRequest, ConsentState } from '../../shared/protocol/api.ts';
import { type Database, first, type Reader, type Transaction } from '../database/database.ts';
import type { Value } from '../database/statement.ts';
import { hashOf } from '../identity/vault.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import { confirmationHash, newConfirmationCode } from './confirmation-code.ts';
import {
  type ConsentAction,
  type ConsentRow,
  consentStateOf,
  isEffective,
  type Proof,
  sealConsent,
  sealedColumns,
  stateOf,
} from './consent-chain.ts';
import * as sql from './consent-rows.ts';
import type { DataKeys } from './data-keys.ts';
import { memberNotFound, memberOfId } from './find-member.ts';

const PLACE = 'consents';

/** For how long a consent waits for its second yes. */
export const CONFIRMATION_MS = 7 * 86_400_000;

/** A request younger than this is not mailed again: nobody can fill another's mailbox by asking on and on. */
const RESEND_MS = 600_000;

const DAY_MS = 86_400_000;
/** Changes of one purpose in a day; a person needs a handful. */
const CHANGES_A_DAY_MAX = 20;

/** What giving a consent came to. `code` is for the shop's mailer alone, and only where a second yes is asked for now. */
export interface Given {
  readonly code: string | null;
  readonly confirmBy: Instant | null;
}

/** What members agreed to: every word kept, none changed, the latest counts. */
export interface ConsentBook {
  /** Every purpose of the program, and those that it dropped and the member spoke on. @throws `member_not_found`. */
  read(programId: string, memberId: string): Promise<readonly ConsentState[]>;

  /**
   * Writes a consent given or withdrawn. The same word again changes nothing.
   *
   * @throws {LoyaltyError} `member_not_found`, `consent_purpose_not_found`, `consent_text_outdated`, `invalid_request`,
   *   `rate_limited`.
   */
  give(programId: string, memberId: string, request: ConsentRequest, proof: Proof): Promise<Given>;

  /** As {@link give}, for several and within a transaction. */
  giveAll(
    tx: Transaction,
    member: { readonly programId: string; readonly memberId: string },
    requests: readonly ConsentRequest[],
    proof: Proof,
    now: Instant,
  ): Promise<readonly Given[]>;

  /** The second yes. The same code again gives the same answer. @throws {LoyaltyError} `confirmation_not_found`. */
  confirm(programId: string, code: string): Promise<ConfirmationAnswer>;

  /** How each of a member's consents was given, by `seq`. */
  proofsOf(
    reader: Reader,
    programId: string,
    memberId: string,
    rows: readonly ConsentRow[],
  ): Promise<ReadonlyMap<number, Proof>>;
}

export function createConsentBook({
  database,
  programs,
  dataKeys,
  outbox,
  clock,
}: {
  readonly database: Database;
  readonly programs: ProgramStore;
  readonly dataKeys: DataKeys;
  readonly outbox: Pick<Outbox, 'write'>;
  readonly clock: () => Instant;
}): ConsentBook {
  const programAt = async (reader: Reader, programId: string, now: Instant): Promise<Program> =>
    versionAt(await programs.versions(reader, programId), now).program;

  async function proofsOf(reader: Reader, programId: string, memberId: string, rows: readonly ConsentRow[]) {
    const key = rows.length > 0 ? await dataKeys.find(reader, { programId, memberId }) : null;
    const proofs = new Map<number, Proof>();
    for (const { seq, proof } of rows) {
      if (key && proof !== null) proofs.set(seq, JSON.parse(key.open(proof, PLACE)) as Proof);
    }
    return proofs;
  }

  /** Appends one word to a member's chain. */
  async function append(
    tx: Transaction,
    { programId, memberId }: { readonly programId: string; readonly memberId: string },
    rows: ConsentRow[],
    word: Pick<ConsentRow, 'purpose' | 'text_version' | 'locale' | 'text_hash' | 'confirm_by'> & {
      readonly action: ConsentAction;
    },
    proof: Proof,
    now: Instant,
  ): Promise<ConsentRow> {
    const key = await dataKeys.ensure(tx, { programId, memberId }, now);
    const sealed = key.seal(JSON.stringify(proof), PLACE);
    const row = sealConsent({
      program_id: programId,
      member_id: memberId,
      seq: (rows.at(-1)?.seq ?? 0) + 1,
      ...word,
      recorded_at: now,
      proof_hash: hashOf(sealed),
      prev: rows.at(-1)?.digest ?? null,
      proof: sealed,
    });
    await tx.insert(sql.insertConsents, [consentValues(row)]);
    const state = [programId, memberId, row.purpose, row.seq, isEffective(row.action) ? 1 : 0];
    await tx.insert(sql.writeStates, [state]);
    rows.push(row);
    return row;
  }

  async function giveOne(
    tx: Transaction,
    member: { readonly programId: string; readonly memberId: string },
    rows: ConsentRow[],
    program: Program,
    request: ConsentRequest,
    proof: Proof,
    now: Instant,
  ): Promise<Given> {
    const nothing: Given = { code: null, confirmBy: null };
    const latest = rows.findLast(({ purpose }) => purpose === request.purpose);
    const purpose = program.consents.find(({ id }) => id === request.purpose);
    if (!request.isGranted) {
      if (!purpose && !latest) throw purposeNotFound();
      // What was never given need not be taken back. Nothing else stands in the way of taking back.
      if (!latest || latest.action === 'withdrawn') return nothing;
      const { text_version, locale, text_hash } = latest;
      const word = { purpose: request.purpose, text_version, locale, text_hash, confirm_by: null };
      await append(tx, member, rows, { ...word, action: 'withdrawn' }, proof, now);
      return nothing;
    }
    if (!purpose) throw purposeNotFound();
    const text = shownText(purpose, request);
    const state = stateOf(latest, purpose, now);
    if (state === 'granted') return nothing;
    if (state === 'pending' && latest?.text_version === purpose.textVersion && now < latest.recorded_at + RESEND_MS) {
      return { code: null, confirmBy: latest.confirm_by };
    }
    refuseRush(rows, request.purpose, now);
    const confirmBy = purpose.isDoubleOptIn ? now + CONFIRMATION_MS : null;
    const word = {
      purpose: purpose.id,
      action: purpose.isDoubleOptIn ? ('requested' as const) : ('granted' as const),
      text_version: purpose.textVersion,
      locale: request.locale,
      text_hash: hashOf(text),
      confirm_by: confirmBy,
    };
    const row = await append(tx, member, rows, word, proof, now);
    return confirmBy === null ? nothing : { code: await requestConfirmation(tx, row, confirmBy, now), confirmBy };
  }

  /** Makes the code for a second yes, and has the shop mail it. */
  async function requestConfirmation(
    tx: Transaction,
    row: ConsentRow,
    confirmBy: Instant,
    now: Instant,
  ): Promise<string> {
    const { program_id: programId, member_id: memberId, seq } = row;
    const code = newConfirmationCode();
    const codeHash = confirmationHash(programId, code) as string;
    await tx.run(sql.insertCode, { programId, codeHash, memberId, seq, expiresAt: confirmBy });
    const account = await first(tx, sql.selectAccountSeq, { programId, memberId });
    const data = { purpose: row.purpose, locale: row.locale, code, confirmBy: formatInstant(confirmBy) };
    const event = { memberId, memberSeq: account?.seq ?? 0, type: 'consent.confirmation_requested', occurredAt: now };
    await outbox.write(tx, programId, [{ ...event, data }], now);
    return code;
  }

  const book: ConsentBook = {
    async read(programId, memberId) {
      await memberOfId(database, programId, memberId);
      const now = clock();
      const { consents } = await programAt(database, programId, now);
      const rows = await database.all(sql.selectConsents, { programId, memberId });
      const proofs = await proofsOf(database, programId, memberId, rows);
      const ids = new Set([...consents.map(({ id }) => id), ...rows.map(({ purpose }) => purpose)]);
      return [...ids].map((id) => {
        const purpose = consents.find((candidate) => candidate.id === id);
        return consentStateOf(id, purpose, rows, proofs, now);
      });
    },

    async give(programId, memberId, request, proof) {
      return database.transaction(async (tx) => {
        const [given] = await book.giveAll(tx, { programId, memberId }, [request], proof, clock());
        return given as Given;
      });
    },

    async giveAll(tx, { programId, memberId }, requests, proof, now) {
      if (requests.length === 0) return [];
      await memberOfId(tx, programId, memberId);
      const program = await programAt(tx, programId, now);
      const rows = [...(await tx.all(sql.selectConsents, { programId, memberId }))];
      const given: Given[] = [];
      for (const request of requests) {
        given.push(await giveOne(tx, { programId, memberId }, rows, program, request, proof, now));
      }
      return given;
    },

    async confirm(programId, code) {
      const codeHash = confirmationHash(programId, code);
      if (codeHash === null) throw confirmationNotFound();
      return database.transaction(async (tx) => {
        const now = clock();
        const program = await programAt(tx, programId, now);
        const found = await first(tx, sql.selectCode, { programId, codeHash });
        if (!found || found.expires_at <= now) throw confirmationNotFound();
        const { member_id: memberId, consent_seq: seq } = found;
        const rows = [...(await tx.all(sql.selectConsents, { programId, memberId }))];
        const asked = rows.find((row) => row.seq === seq);
        if (!asked) throw memberNotFound();
        const latest = rows.findLast((row) => row.purpose === asked.purpose);
        // Withdrawn, or asked for again, since: what the code stands for is not the member's latest word.
        const isConfirmed = latest?.action === 'confirmed' && latest.seq > seq && !askedSince(rows, asked);
        if (latest?.seq !== seq && !isConfirmed) throw confirmationNotFound();
        if (!isConfirmed) {
          const { purpose, text_version, locale, text_hash } = asked;
          const word = { purpose, text_version, locale, text_hash, confirm_by: null, action: 'confirmed' as const };
          await append(tx, { programId, memberId }, rows, word, { how: 'confirmation_code', of: seq }, now);
        }
        const purpose = program.consents.find(({ id }) => id === asked.purpose);
        const isCurrent = purpose?.textVersion === asked.text_version;
        return { purpose: asked.purpose, state: isCurrent ? 'granted' : 'outdated' };
      });
    },

    proofsOf,
  };
  return book;
}

/** Whether the member spoke on the purpose again after `asked`, other than by confirming it. */
function askedSince(rows: readonly ConsentRow[], asked: ConsentRow): boolean {
  return rows.some(
    ({ purpose, seq, action }) => purpose === asked.purpose && seq > asked.seq && action !== 'confirmed',
  );
}

/** The very text that the member saw. @throws {LoyaltyError} when the page showed an older one, or none of ours. */
function shownText(purpose: ConsentPurpose, request: ConsentRequest): string {
  if (request.textVersion !== purpose.textVersion) {
    throw new LoyaltyError('consent_text_outdated', 'The text that was shown is not the current one.', [
      { pointer: '/textVersion', detail: `${purpose.textVersion}, with its text` },
    ]);
  }
  const text = purpose.text[request.locale];
  if (text === undefined) {
    throw new LoyaltyError('invalid_request', 'The purpose has no text in this locale.', [
      { pointer: '/locale', detail: `one of ${Object.keys(purpose.text).join(', ')}` },
    ]);
  }
  return text;
}

/** Only of giving: taking back is always possible, and needs something that was given. */
function refuseRush(rows: readonly ConsentRow[], purpose: string, now: Instant): void {
  const recent = rows.filter((row) => row.purpose === purpose && row.recorded_at > now - DAY_MS);
  if (recent.length < CHANGES_A_DAY_MAX) return;
  throw new LoyaltyError('rate_limited', `A consent can be changed no more than ${CHANGES_A_DAY_MAX} times a day.`);
}

function consentValues(row: ConsentRow): Value[] {
  return [...sealedColumns(row), row.digest, row.proof];
}

function purposeNotFound(): LoyaltyError {
  return new LoyaltyError('consent_purpose_not_found', 'The program asks for no consent of this id.', [
    { pointer: '/purpose', detail: "the id of one of the program's consents" },
  ]);
}

function confirmationNotFound(): LoyaltyError {
  return new LoyaltyError(
    'confirmation_not_found',
    'The code is unknown, has expired, or stands for nothing any more.',
  );
}
