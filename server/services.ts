import { join } from 'node:path';
import { formatInstant, type Instant } from '../shared/domain/time.ts';
import { OWN_EVENT_PREFIX } from '../shared/protocol/schemas.ts';
import { createChallengeBook } from './challenges/challenge-book.ts';
import type { Database } from './database/database.ts';
import { createOrigins } from './http/origins.ts';
import { createAccessTokens } from './identity/access-tokens.ts';
import { createProgramKeys } from './identity/program-keys.ts';
import { createShopTokens } from './identity/shop-tokens.ts';
import { openSigningKeys } from './identity/signing-keys.ts';
import { createStatements } from './identity/statements.ts';
import { createVault } from './identity/vault.ts';
import { createWalletGrants } from './identity/wallet-grants.ts';
import { createLedger } from './ledger/create-ledger.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { LedgerThread } from './ledger/thread/threaded-ledger.ts';
import { createLimits, type LimitParts, NO_LIMITS } from './limits/limits.ts';
import { createMissGuard } from './limits/miss-guard.ts';
import { createEraser } from './members/erase-records.ts';
import { createMemberBook } from './members/member-book.ts';
import type { Metrics } from './metrics/metrics.ts';
import { createOccasionBook } from './occasions/occasion-book.ts';
import { createOutbox } from './outbox/outbox.ts';
import { createProgramStore } from './programs/program-store.ts';
import { createRedemptionCodes } from './redemptions/codes.ts';
import { createRedemptionDesk } from './redemptions/redemption-desk.ts';
import { createReferralBook } from './referrals/referral-book.ts';
import type { Services } from './routes/services.ts';
import { createAccountStreams } from './stream/account-streams.ts';
import { createChanges } from './stream/changes.ts';
import { createSurveyBook } from './surveys/survey-book.ts';
import { createIncomingServices } from './webhooks/incoming/services.ts';
import { createDeliverer } from './webhooks/outgoing/deliver.ts';
import { createDeliveryLog } from './webhooks/outgoing/delivery-log.ts';
import { createEndpoints } from './webhooks/outgoing/endpoints.ts';
import { createSender, type SenderOptions } from './webhooks/outgoing/send.ts';
import { createWidgetFiles } from './widgets/widget-files.ts';

/** Where `npm run build` puts the storefront code. */
const WIDGETS_DIRECTORY = join(import.meta.dirname, '../dist/widgets');

export interface ServiceOptions {
  readonly database: Database;
  readonly secret: string;
  /** The server's public origin. */
  readonly issuer: string;
  readonly clock?: () => Instant;
  readonly widgetsDirectory?: string;
  /** How messages to merchants are sent; to the public internet only where absent. */
  readonly webhooks?: SenderOptions;
  /** How often clients may ask; without limits where absent. */
  readonly limits?: Omit<LimitParts, 'clock'>;
  /** Where commands of the ledger are decided; in this thread where absent. */
  readonly ledgerThread?: LedgerThread | null;
  /** What the server does, in numbers, and the token for it; not counted where absent. */
  readonly metrics?: { readonly metrics: Metrics; readonly token: string | null };
}

/** Puts the parts behind the routes together. The database has this program's schema already. */
export async function createServices({
  database,
  secret,
  issuer,
  clock = Date.now,
  widgetsDirectory = WIDGETS_DIRECTORY,
  webhooks = { allowPrivate: false },
  limits = { settings: NO_LIMITS },
  ledgerThread = null,
  metrics: metered,
}: ServiceOptions): Promise<Services> {
  const vault = createVault(secret);
  const programs = createProgramStore({ database, clock, onPublished: () => ledgerThread?.published() });
  const outbox = createOutbox((programId) => ledgerThread?.forgetListeners(programId));
  const changes = createChanges();
  const codes = createRedemptionCodes(vault);
  const missGuard = createMissGuard(clock);
  const bareLedger = createLedger({
    database,
    programs,
    clock,
    outbox,
    codes,
    eraseRecords: createEraser(vault),
    onChanged: changes.announce,
    onGroup: metered?.metrics.onGroup,
    thread: ledgerThread,
  });
  const ledger = metered?.metrics.ledger(bareLedger) ?? bareLedger;
  const accessTokens = createAccessTokens({ issuer, vault, clock });
  const keys = createProgramKeys({ database, vault, clock });
  const signingKeys = await openSigningKeys({ database, vault, clock });
  const sender = createSender(webhooks);
  const endpoints = createEndpoints({ database, vault, outbox, clock, allowPrivate: sender.allowPrivate });
  const grants = createWalletGrants({ database, vault, clock });
  const members = createMemberBook({ database, programs, ledger, vault, outbox, accessTokens, clock });
  return {
    issuer,
    clock,
    database,
    metrics: metered ? { text: metered.metrics.text, token: metered.token } : null,
    ledger,
    programs,
    outbox,
    endpoints,
    sender,
    deliverer: createDeliverer({ database, endpoints, sender }),
    deliveryLog: createDeliveryLog({ database, endpoints, sender, clock }),
    changes,
    streams: createAccountStreams({ ledger, grants, changes, clock }),
    keys,
    signingKeys,
    redemptions: createRedemptionDesk({ database, programs, ledger, codes, clock, guard: missGuard }),
    surveys: createSurveyBook({ database, programs, clock, onAnswered: surveyAnswered(ledger) }),
    members,
    referrals: createReferralBook({ database, programs, ledger, profiles: members.profiles, vault, clock }),
    challenges: createChallengeBook({ database, programs, clock }),
    occasions: createOccasionBook({ database, programs, profiles: members.profiles, clock }),
    accessTokens,
    shopTokens: createShopTokens({ database, issuer, keys, clock }),
    grants,
    statements: createStatements({ issuer, vault, signingKeys, clock }),
    origins: createOrigins({ programs, issuer, clock }),
    limits: createLimits({ ...limits, clock }),
    missGuard,
    ...createIncomingServices({ database, vault, ledger, members, clock }),
    widgetFiles: createWidgetFiles(widgetsDirectory),
  };
}

/** The account shows one survey less, and the answer is an event like any other. */
function surveyAnswered(ledger: Ledger) {
  return async (
    programId: string,
    memberId: string,
    { id, answeredAt }: { readonly id: string; readonly answeredAt: Instant },
  ): Promise<void> => {
    ledger.forget(programId, memberId);
    const fact = { id: `${OWN_EVENT_PREFIX}${id}`, type: 'survey', occurredAt: formatInstant(answeredAt) };
    await ledger.postOwnEvent(programId, memberId, fact);
  };
}

/** What a database address is called before people: never its user or password. */
export function storeName(databaseUrl: string): string {
  if (!databaseUrl.startsWith('postgres')) return `embedded SQLite in ${databaseUrl.replace(/^sqlite:(?:\/\/)?/, '')}`;
  const { hostname, port, pathname } = new URL(databaseUrl);
  return `PostgreSQL at ${hostname}${port && `:${port}`}${pathname}`;
}
