import type {
  Account,
  AdjustmentReceipt,
  AdjustmentRequest,
  BenefitList,
  BenefitReceipt,
  BenefitUse,
  EntryPage,
  EventReceipt,
  EventRequest,
  ExtensionReceipt,
  ExtensionRequest,
  Member,
  OrderReceipt,
  OrderRequest,
  Quote,
  QuoteRequest,
  RefundReceipt,
  RefundRequest,
  TierPin,
  TierReceipt,
} from '../../shared/protocol/api.ts';
import type { CommandRunner } from './commands/named-commands.ts';
import type { EventFact } from './commands/post-event.ts';
import type { EntryFilter } from './reads/read-entries.ts';

/**
 * The only writer of points. Every command is one transaction and safe to repeat: the shop's own id (order, refund) or
 * the idempotency key names the command, and a repeat gives the first answer again with `replayed: true`.
 *
 * @throws {LoyaltyError} by each command: `program_not_found`; `idempotency_conflict` when the id or key came before with
 *   other content; `points_overflow`.
 */
export interface Ledger {
  /**
   * Accrues points for a paid order and enrols its customer when new.
   *
   * @throws {LoyaltyError} `currency_not_supported`.
   */
  postOrder(programId: string, order: OrderRequest, idempotencyKey?: string): Promise<OrderReceipt>;

  /**
   * Takes back what an order earned, in proportion to the refunded part.
   *
   * @throws {LoyaltyError} `order_not_found`, `refund_exceeds_order`.
   */
  postRefund(
    programId: string,
    orderId: string,
    refund: RefundRequest,
    idempotencyKey?: string,
  ): Promise<RefundReceipt>;

  /**
   * Brings an order's refunds up to a sum of net value; gives whether they were there already.
   *
   * @throws {LoyaltyError} `order_not_found`.
   */
  settleRefunds(
    programId: string,
    orderId: string,
    total: { readonly totalMinor: number; readonly at: string },
  ): Promise<{ readonly replayed: boolean }>;

  /**
   * Adds or takes points by hand. `customerId` is the shop's own id of the member.
   *
   * @throws {LoyaltyError} `member_not_found`, `insufficient_points`.
   */
  postAdjustment(
    programId: string,
    customerId: string,
    adjustment: AdjustmentRequest,
    idempotencyKey: string,
  ): Promise<AdjustmentReceipt>;

  /** Writes an expiry entry for each lot whose points could not be spent at `asOf` any more. Gives the points expired. */
  expireLots(programId: string, asOf: number): Promise<{ entryCount: number; points: number }>;

  /** Accrues what a fact other than an order earns, if anything, and enrols its customer when new. */
  postEvent(programId: string, event: EventRequest, idempotencyKey?: string): Promise<EventReceipt>;

  /** As {@link postEvent}, for what the server itself saw a member do. Nothing where nothing hangs on such an event. */
  postOwnEvent(programId: string, memberId: string, fact: EventFact): Promise<void>;

  /**
   * What a cart would earn now: for a guest (`null`), a member, or the shop's customer, who is a guest until he is enrolled.
   *
   * @throws {LoyaltyError} `currency_not_supported`; `member_not_found`.
   */
  quote(
    programId: string,
    who: { readonly memberId: string } | { readonly customerId: string } | null,
    cart: QuoteRequest,
  ): Promise<Quote>;

  /**
   * Sets a member's tier by hand until the end of a day, or takes that back.
   *
   * @throws {LoyaltyError} `member_not_found`, `tier_not_found`, `tier_not_pinned`, `invalid_request`.
   */
  pinTier(programId: string, customerId: string, pin: TierPin, idempotencyKey: string): Promise<TierReceipt>;

  /**
   * Counts a use of a benefit of the member's tier.
   *
   * @throws {LoyaltyError} `member_not_found`, `benefit_not_found`, `tier_too_low`, `limit_reached`.
   */
  useBenefit(programId: string, customerId: string, benefitId: string, use: BenefitUse): Promise<BenefitReceipt>;

  /** The benefits of the member's tier, with the uses that are left. @throws {LoyaltyError} `member_not_found`. */
  readBenefits(programId: string, memberId: string): Promise<BenefitList>;

  /**
   * Puts off what expires at the end of a day, at the member's own wish.
   *
   * @throws {LoyaltyError} `extension_not_available`.
   */
  extendLots(
    programId: string,
    memberId: string,
    request: ExtensionRequest,
    idempotencyKey: string,
  ): Promise<ExtensionReceipt>;

  /** Forgets uses of limits in periods that ended long before `asOf`. Gives how many. */
  sweepUses(programId: string, asOf: number): Promise<number>;

  /** Writes what of a member's tier reviews was due at `asOf`, an entry without points for each. */
  reviewTier(
    programId: string,
    memberId: string,
    asOf: number,
  ): Promise<{ readonly reviewCount: number; readonly isChanged: boolean }>;

  /** Laurel's opaque id for a shop's customer, enrolling a new one. */
  enrol(programId: string, customerId: string): Promise<string>;

  /** Laurel's opaque id of an enrolled customer. @throws {LoyaltyError} `member_not_found`. */
  memberIdOf(programId: string, customerId: string): Promise<string>;

  /** @throws {LoyaltyError} `member_not_found`. */
  readAccount(programId: string, memberId: string): Promise<AccountReading>;

  /** The merchant's view. @throws {LoyaltyError} `member_not_found`. */
  readMember(programId: string, customerId: string): Promise<Member>;

  /** History, newest first: the entries that `page` asks for. */
  readEntries(programId: string, memberId: string, page: EntryFilter & { readonly limit: number }): Promise<EntryPage>;

  /** Something else than an entry changed what an account shows: a survey was answered. */
  forget(programId: string, memberId: string): void;

  /** Runs a command of another part by its name: redemptions, coupons, merges. */
  readonly run: CommandRunner['run'];

  /** As {@link postOrder}, for many past orders: gives whether it was there before, and reads nothing back. */
  importOrder(programId: string, order: OrderRequest): Promise<{ readonly replayed: boolean }>;
}

/** An account as `GET /v1/me` gives it. */
export interface AccountReading {
  readonly account: Account;
  /** The account as JSON text: most of it is written once for many readings. */
  readonly json: string;
  /** Strong validator without quotes: begins with `seq`, and changes whenever anything but `asOf` does. */
  readonly etag: string;
  /** Where the chain stands; the hash of entry `seq`, `null` before the first. */
  readonly head: string | null;
}
