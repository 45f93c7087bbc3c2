import type { Instant } from '../../shared/domain/time.ts';
import type { Database } from '../database/database.ts';
import type { Origins } from '../http/origins.ts';
import type { AccessTokens } from '../identity/access-tokens.ts';
import type { ProgramKeys } from '../identity/program-keys.ts';
import type { ShopTokens } from '../identity/shop-tokens.ts';
import type { SigningKeys } from '../identity/signing-keys.ts';
import type { Statements } from '../identity/statements.ts';
import type { WalletGrants } from '../identity/wallet-grants.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ProgramStore } from '../programs/program-store.ts';
import type { SurveyBook } from '../surveys/survey-book.ts';
import type { WidgetFiles } from '../widgets/widget-files.ts';

/** The parts behind the routes. */
export interface Services {
  /** This server's public origin. */
  readonly issuer: string;
  readonly clock: () => Instant;
  readonly database: Database;
  readonly ledger: Ledger;
  readonly programs: ProgramStore;
  readonly surveys: SurveyBook;
  readonly keys: ProgramKeys;
  readonly accessTokens: AccessTokens;
  readonly shopTokens: ShopTokens;
  readonly grants: WalletGrants;
  readonly signingKeys: SigningKeys;
  readonly statements: Statements;
  readonly origins: Origins;
  readonly widgetFiles: WidgetFiles;
}
