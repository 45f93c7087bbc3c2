import type { Instant } from '../../shared/domain/time.ts';
import type { ChallengeBook } from '../challenges/challenge-book.ts';
import type { Database } from '../database/database.ts';
import type { Origins } from '../http/origins.ts';
import type { AccessTokens } from '../identity/access-tokens.ts';
import type { ProgramKeys } from '../identity/program-keys.ts';
import type { ShopTokens } from '../identity/shop-tokens.ts';
import type { SigningKeys } from '../identity/signing-keys.ts';
import type { Statements } from '../identity/statements.ts';
import type { WalletGrants } from '../identity/wallet-grants.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Limits } from '../limits/limits.ts';
import type { MissGuard } from '../limits/miss-guard.ts';
import type { MemberBook } from '../members/member-book.ts';
import type { OccasionBook } from '../occasions/occasion-book.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import type { RedemptionDesk } from '../redemptions/redemption-desk.ts';
import type { ReferralBook } from '../referrals/referral-book.ts';
import type { AccountStreams } from '../stream/account-streams.ts';
import type { Changes } from '../stream/changes.ts';
import type { SurveyBook } from '../surveys/survey-book.ts';
import type { PrivacyRequests } from '../webhooks/incoming/privacy-requests.ts';
import type { IncomingWebhooks } from '../webhooks/incoming/receive.ts';
import type { WebhookSources } from '../webhooks/incoming/sources.ts';
import type { Deliverer } from '../webhooks/outgoing/deliver.ts';
import type { DeliveryLog } from '../webhooks/outgoing/delivery-log.ts';
import type { Endpoints } from '../webhooks/outgoing/endpoints.ts';
import type { Sender } from '../webhooks/outgoing/send.ts';
import type { WidgetFiles } from '../widgets/widget-files.ts';

/** The parts behind the routes. */
export interface Services {
  /** This server's public origin. */
  readonly issuer: string;
  readonly clock: () => Instant;
  readonly database: Database;
  /** What this server does, in numbers; `null` where nothing is counted. */
  readonly metrics: { text(): string; readonly token: string | null } | null;
  readonly ledger: Ledger;
  readonly programs: ProgramStore;
  /** What happens, for those who listen. */
  readonly outbox: Outbox;
  readonly endpoints: Endpoints;
  readonly sender: Sender;
  readonly deliverer: Deliverer;
  readonly deliveryLog: DeliveryLog;
  readonly changes: Changes;
  readonly streams: AccountStreams;
  readonly surveys: SurveyBook;
  readonly redemptions: RedemptionDesk;
  readonly members: MemberBook;
  readonly referrals: ReferralBook;
  readonly challenges: ChallengeBook;
  readonly occasions: OccasionBook;
  readonly keys: ProgramKeys;
  readonly accessTokens: AccessTokens;
  readonly shopTokens: ShopTokens;
  readonly grants: WalletGrants;
  readonly signingKeys: SigningKeys;
  readonly statements: Statements;
  readonly origins: Origins;
  readonly limits: Limits;
  readonly missGuard: MissGuard;
  readonly incomingWebhooks: IncomingWebhooks;
  readonly webhookSources: WebhookSources;
  readonly privacyRequests: PrivacyRequests;
  readonly widgetFiles: WidgetFiles;
}
