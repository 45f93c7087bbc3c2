import type { JWK } from 'jose';
import type { StatementMembership } from '../../shared/protocol/statement.ts';
import type { ProgramFacts } from '../issuer/issuer.ts';
import type { IssuerFailure } from '../issuer/request.ts';
import type { Chain, ChainFault, StoredEntry } from '../statements/chain.ts';
import type { StatementFault } from '../statements/verify-statement.ts';

/** What the wallet keeps. One record holds all that the list shows of a shop, so that one read paints it. */

/** A check that failed: the statement's, the chain's, or the sum's. */
export type Fault = StatementFault | ChainFault | 'balance_differs';

/** A linked shop as the popup shows it. */
export interface Shop {
  /** Address of the program document; see `shopIdOf`. */
  readonly id: string;
  readonly issuer: string;
  readonly program: string;
  /** Origins that the program document lists. */
  readonly origins: readonly string[];
  /** Where the shopper linked it. */
  readonly origin: string;
  readonly facts: Omit<ProgramFacts, 'origins'>;
  /** When `facts` and `origins` were read from the program document. */
  readonly factsAt: number;
  readonly linkedAt: number;
  /** `revoked`: the issuer does not know the link any more. */
  readonly status: 'linked' | 'revoked';
  /** What the last believed statement says; `null` until the first was verified. */
  readonly account: ShopAccount | null;
  /** When the account was last checked and found right; `null` before. */
  readonly checkedAt: number | null;
  /** Set while the latest try to refresh failed. */
  readonly failure: { readonly kind: IssuerFailure; readonly tryCount: number; readonly nextTryAt: number } | null;
  /** Set while the shop's latest answer contradicts what was verified before. */
  readonly warning: { readonly fault: Fault; readonly foundAt: number } | null;
}

export interface ShopAccount {
  readonly displayId: string;
  readonly tier: StatementMembership['tiers'][number] | null;
  readonly available: number;
  readonly pending: number;
  /** Soonest first; `at` is the last day of use. */
  readonly expiring: readonly { readonly amount: number; readonly at: string }[];
  readonly seq: number;
}

/** The statement believed last, with what a later one is compared to. */
export interface StoredStatement {
  readonly shop: string;
  readonly jws: string;
  readonly etag: string | null;
  readonly sub: string;
  readonly iat: number;
  readonly exp: number;
  readonly seq: number;
  readonly head: string | null;
}

export interface StoredChain extends Chain {
  readonly shop: string;
}

export interface StoredEntryRecord extends StoredEntry {
  readonly shop: string;
}

/** Two signed words of a shop that do not fit together. Kept until the shopper unlinks. */
export interface Evidence {
  readonly shop: string;
  readonly foundAt: number;
  readonly fault: Fault;
  /** The statement believed last; `null` when the first one failed. */
  readonly believed: string | null;
  readonly refused: string;
  /** Entries that came with the refused statement. */
  readonly entries: readonly Pick<StoredEntry, 'bytes' | 'hash'>[];
  /** The issuer's keys when it was found. */
  readonly keys: readonly JWK[];
}

/** Never leaves the extension: in no page, no message, no `storage.local`. */
export interface StoredTokens {
  readonly shop: string;
  readonly accessToken: string;
  readonly accessExpiresAt: number;
  readonly refreshToken: string | null;
  readonly tokenEndpoint: string;
  readonly revocationEndpoint: string;
  readonly jwksUri: string;
}

/** A link under way, kept because the worker may stop at any point of it. */
export interface PendingLink {
  /** The page's origin; one link at a time for each. */
  readonly origin: string;
  readonly issuer: string;
  readonly program: string;
  readonly tabId: number;
  readonly startedAt: number;
  readonly verifier: string;
  readonly challenge: string;
  readonly step: /** The browser asks the shopper for access to the page. */
    | 'permission'
    /** The page is asked for a code. */
    | 'code'
    /** The code is here; the shopper is asked. */
    | 'confirm'
    /** The shopper agreed; the code is being redeemed. */
    | 'redeem'
    | 'failed';
  readonly code: { readonly value: string; readonly receivedAt: number } | null;
  /** What the confirm card shows. */
  readonly facts: ProgramFacts | null;
  readonly confirmedAt: number | null;
  /** Codes tried; bounds how often an unlucky redemption asks again. */
  readonly tryCount: number;
  readonly failure: LinkFailure | null;
}

export type LinkFailure =
  /** Nobody is signed in at the shop. */
  | 'signed_out'
  /** The program document does not list this page's origin. */
  | 'origin_not_listed'
  /** The page gave no code, or the issuer refused it. */
  | 'refused'
  | 'offline'
  | 'unavailable';

export interface StoredKeys {
  readonly issuer: string;
  readonly keys: readonly JWK[];
  readonly fetchedAt: number;
}

/** Which shops the popup's list began with when it was drawn last. Holds no number: those are read from the shops. */
export interface ListStart {
  /** The reader's language: each has its own alphabet. */
  readonly language: string;
  /** Ids, in order of names. */
  readonly shops: readonly string[];
}

/** A token to be revoked once the issuer can be reached. */
export interface Revocation {
  readonly token: string;
  readonly endpoint: string;
  readonly unlinkedAt: number;
}
