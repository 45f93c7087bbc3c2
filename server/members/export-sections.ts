import { formatInstant, NEVER } from '../../shared/domain/time.ts';
import type { Account } from '../../shared/protocol/api.ts';
import { paddedKeys, withKeys } from '../database/batch.ts';
import { first, type Reader } from '../database/database.ts';
import { FOLLOWS } from '../database/schema/ledger.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { entryOf, parseEntry } from '../ledger/chain.ts';
import { type OrderRow, ordersById, type RefundRow, refundsByOrder } from '../ledger/rows.ts';
import type { ConsentBook } from './consent-book.ts';
import type { ConsentRow } from './consent-chain.ts';
import { selectConsentsAfter } from './consent-rows.ts';
import { GAME_SECTIONS } from './export-games.ts';
import type { FoundMember } from './find-member.ts';
import type { ProfileBook } from './profile-book.ts';

/** What an export is made from. */
export interface ExportSource {
  readonly reader: Reader;
  readonly member: FoundMember;
  readonly profiles: ProfileBook;
  readonly consents: ConsentBook;
  readAccount(): Promise<{ readonly account: Account; readonly head: string | null }>;
}

/** One thing that is kept of a member; `position` is where to go on behind it. */
export interface ExportItem {
  readonly position: string;
  readonly value: unknown;
}

/** One subject of an export. An area that keeps something of its members adds its own to {@link EXPORT_SECTIONS}. */
export interface ExportSection {
  /** What the export calls it. */
  readonly name: string;
  /** The tables that it speaks for: a test holds that no table with a member in it is left out. */
  readonly tables: readonly (keyof Tables)[];
  /** At most `limit` items behind `after`, which is empty at first. */
  read(source: ExportSource, after: string, limit: number): Promise<readonly ExportItem[]>;
}

/** Tables with a member in them that no export shows, each with the reason. */
export const NOT_EXPORTED: Partial<Record<keyof Tables, string>> = {
  member_keys: 'the key that everything else was opened with',
  consent_codes: 'hashes of codes; who holds the code has the message that it came in',
  consent_states: 'says again what `consents` says last',
  member_erasures: 'who was erased has no export',
  referral_clicks: 'visits of others by the member’s link',
  wallet_codes: 'a code for a minute, and spent',
  member_merges: 'which lots went over where; the transfers among the entries say what and from whom',
  outbox: 'messages to the shop, which say what the other parts say; they may hold a code that proves a mailbox',
  webhook_deliveries: 'whether those messages arrived',
};

const eventsAfter = statement<Tables['events']>((db, p) =>
  db
    .selectFrom('events')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('event_id', '>', p('after'))
    .orderBy('event_id')
    .limit(p('limit')),
);

const redemptionsAfter = statement<Tables['redemptions']>((db, p) =>
  db
    .selectFrom('redemptions')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('redemption_id', '>', p('after'))
    .orderBy('redemption_id')
    .limit(p('limit')),
);

/** A subject of one item. */
function single(
  name: string,
  tables: ExportSection['tables'],
  read: (source: ExportSource) => Promise<unknown>,
): ExportSection {
  return {
    name,
    tables,
    read: async (source, after) => (after === '' ? [{ position: '1', value: await read(source) }] : []),
  };
}

const entriesAfter = statement<{ seq: number; hash: string; bytes: string }>((db, p) =>
  db
    .selectFrom('entries')
    .select(['seq', 'hash', 'bytes'])
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '>', p('after'))
    .orderBy('seq')
    .limit(p('limit')),
);

const lotsAfter = statement<Tables['lots']>((db, p) =>
  db
    .selectFrom('lots')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('seq', '>', p('after'))
    .orderBy('seq')
    .limit(p('limit')),
);

const responsesAfter = statement<Tables['survey_responses']>((db, p) =>
  db
    .selectFrom('survey_responses')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('response_id', '>', p('after'))
    .orderBy('response_id')
    .limit(p('limit')),
);

const grantsAfter = statement<Tables['wallet_grants']>((db, p) =>
  db
    .selectFrom('wallet_grants')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('grant_id', '>', p('after'))
    .orderBy('grant_id')
    .limit(p('limit')),
);

const usesOf = statement<Tables['member_uses']>((db, p) =>
  db
    .selectFrom('member_uses')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .orderBy('subject')
    .orderBy('period'),
);

const noticesOf = statement<Tables['member_notices']>((db, p) =>
  db
    .selectFrom('member_notices')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .orderBy('told_at'),
);

const accountRow = statement<Tables['accounts']>((db, p) =>
  db.selectFrom('accounts').selectAll().where('program_id', '=', p('programId')).where('member_id', '=', p('memberId')),
);

const at = (instant: number) => (instant >= FOLLOWS || instant >= NEVER ? null : formatInstant(instant));
const scopeOf = ({ member: { programId, memberId } }: ExportSource) => ({ programId, memberId });

const entries: ExportSection = {
  name: 'entries',
  tables: ['entries'],
  async read(source, after, limit) {
    const rows = await source.reader.all(entriesAfter, { ...scopeOf(source), after: Number(after), limit });
    return rows.map(({ seq, hash, bytes }) => ({
      position: String(seq),
      value: { entry: entryOf(bytes), hash, bytes },
    }));
  },
};

const lots: ExportSection = {
  name: 'lots',
  tables: ['lots'],
  async read(source, after, limit) {
    const account = await first(source.reader, accountRow, scopeOf(source));
    const rows = await source.reader.all(lotsAfter, { ...scopeOf(source), after: Number(after), limit });
    return rows.map((row) => ({
      position: String(row.seq),
      value: {
        openedBy: row.seq,
        points: row.initial,
        remaining: row.remaining,
        expired: row.expired,
        takenBack: row.reversed,
        availableAt: at(row.available_at),
        expiresAt: at(row.expires_at === FOLLOWS ? (account?.inactive_at ?? NEVER) : row.expires_at),
      },
    }));
  },
};

/** Orders are found by the entries that they earned with: the ledger keeps no index for the sake of exports. */
const orders: ExportSection = {
  name: 'orders',
  tables: ['orders', 'refunds'],
  async read({ reader, member }, after, limit) {
    const { programId, memberId } = member;
    const page = await reader.all(entriesAfter, { programId, memberId, after: Number(after), limit });
    const bySeq = new Map<number, string>();
    for (const { seq, bytes } of page) {
      const { kind, order } = parseEntry(bytes);
      if (kind === 'accrual' && order !== undefined) bySeq.set(seq, order);
    }
    const stored = new Map<string, OrderRow>();
    const refunds: RefundRow[] = [];
    for (const run of paddedKeys([...bySeq.values()])) {
      const params = withKeys({ programId }, run);
      for (const row of await reader.all(ordersById.statement(run.length), params)) stored.set(row.order_id, row);
      refunds.push(...(await reader.all(refundsByOrder.statement(run.length), params)));
    }
    const items = page.map(({ seq }) => {
      const row = stored.get(bySeq.get(seq) ?? '');
      const own = row && row.seq === seq && row.member_id === memberId ? orderValue(row, refunds) : undefined;
      return { position: String(seq), value: own };
    });
    return items;
  },
};

function orderValue(row: OrderRow, refunds: readonly RefundRow[]): object {
  return {
    order: row.order_id,
    placedAt: at(row.placed_at),
    currency: row.currency,
    netMinor: row.net_minor,
    points: row.points,
    facts: JSON.parse(row.facts) as unknown,
    refunds: refunds
      .filter(({ order_id }) => order_id === row.order_id)
      .map(({ refund_id, refunded_at, amount_minor, seq }) => ({
        refund: refund_id,
        refundedAt: at(refunded_at),
        amountMinor: amount_minor,
        entry: seq,
      })),
  };
}

const consents: ExportSection = {
  name: 'consents',
  tables: ['consents'],
  async read({ reader, member: { programId, memberId }, consents: book }, after, limit) {
    const rows: readonly ConsentRow[] = await reader.all(selectConsentsAfter, {
      programId,
      memberId,
      after: Number(after),
      limit,
    });
    const proofs = await book.proofsOf(reader, programId, memberId, rows);
    return rows.map((row) => ({
      position: String(row.seq),
      value: {
        seq: row.seq,
        purpose: row.purpose,
        action: row.action,
        textVersion: row.text_version,
        locale: row.locale,
        textHash: row.text_hash,
        at: at(row.recorded_at),
        proof: proofs.get(row.seq) ?? null,
        digest: row.digest,
      },
    }));
  },
};

const events: ExportSection = {
  name: 'events',
  tables: ['events'],
  async read(source, after, limit) {
    const rows = await source.reader.all(eventsAfter, { ...scopeOf(source), after, limit });
    return rows.map((row) => ({
      position: row.event_id,
      value: { id: row.event_id, type: row.type, occurredAt: at(row.occurred_at), entry: row.seq || null },
    }));
  },
};

const redemptions: ExportSection = {
  name: 'redemptions',
  tables: ['redemptions'],
  async read(source, after, limit) {
    const rows = await source.reader.all(redemptionsAfter, { ...scopeOf(source), after, limit });
    return rows.map((row) => ({
      position: row.redemption_id,
      value: {
        id: row.redemption_id,
        origin: row.origin,
        reward: row.reward_id,
        points: row.points,
        returnedPoints: row.returned_points,
        state: row.state,
        redeemedAt: at(row.redeemed_at),
        validUntil: at(row.valid_until),
        order: row.order_id,
        reason: row.reason,
        terms: JSON.parse(row.terms) as unknown,
        history: JSON.parse(row.history) as unknown,
      },
    }));
  },
};

const surveyResponses: ExportSection = {
  name: 'surveyResponses',
  tables: ['survey_responses'],
  async read(source, after, limit) {
    const rows = await source.reader.all(responsesAfter, { ...scopeOf(source), after, limit });
    return rows.map((row) => ({
      position: row.response_id,
      value: {
        id: row.response_id,
        survey: row.survey_id,
        score: row.score,
        comment: row.comment,
        locale: row.locale,
        answeredAt: at(row.answered_at),
      },
    }));
  },
};

const wallets: ExportSection = {
  name: 'wallets',
  tables: ['wallet_grants'],
  async read(source, after, limit) {
    const rows = await source.reader.all(grantsAfter, { ...scopeOf(source), after, limit });
    return rows.map((row) => ({
      position: row.grant_id,
      value: {
        client: row.client_id,
        linkedAt: at(row.created_at),
        endsAt: at(row.revoked_at ?? row.expires_at),
      },
    }));
  },
};

/** In the order of the export. Each area adds its own. */
export const EXPORT_SECTIONS: readonly ExportSection[] = [
  single('member', ['members'], async ({ member }) => ({
    memberId: member.customerId,
    laurelId: member.memberId,
    enrolledAt: formatInstant(member.enrolledAt),
  })),
  single('profile', ['member_profiles'], ({ profiles, member }) => profiles.read(member.programId, member.memberId)),
  single('account', ['accounts'], async (source) => {
    const { account, head } = await source.readAccount();
    return { ...account, head };
  }),
  consents,
  entries,
  lots,
  orders,
  events,
  redemptions,
  ...GAME_SECTIONS,
  surveyResponses,
  wallets,
  single('limitsUsed', ['member_uses'], async (source) =>
    (await source.reader.all(usesOf, scopeOf(source))).map(({ subject, period, times, points }) => ({
      subject,
      period,
      times,
      points,
    })),
  ),
  single('notices', ['member_notices'], async (source) =>
    (await source.reader.all(noticesOf, scopeOf(source))).map(({ kind, subject, told_at }) => ({
      kind,
      subject,
      toldAt: at(told_at),
    })),
  ),
];
