import { formatInstant } from '../../shared/domain/time.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import type { ConsentRow } from './consent-chain.ts';
import { selectConsentsAfter } from './consent-rows.ts';
import { GAME_SECTIONS } from './export-games.ts';
import { LEDGER_SECTIONS } from './export-ledger.ts';
import { at, type ExportSection, type ExportSource, scopeOf } from './export-section.ts';

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
  ...LEDGER_SECTIONS,
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
