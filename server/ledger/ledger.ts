import type {
  Account,
  AdjustmentReceipt,
  AdjustmentRequest,
  EntryPage,
  Member,
  OrderReceipt,
  OrderRequest,
  RefundReceipt,
  RefundRequest,
} from '../../shared/protocol/api.ts';
import type { EraseRecords } from './erase-member.ts';

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

  /** Ends an account; `eraseRecords` runs in the same transaction. @throws {LoyaltyError} `member_not_found`. */
  erase(programId: string, memberId: string, eraseRecords: EraseRecords): Promise<void>;

  /** @throws {LoyaltyError} `member_not_found`. */
  readAccount(programId: string, memberId: string): Promise<AccountReading>;

  /** The merchant's view. @throws {LoyaltyError} `member_not_found`. */
  readMember(programId: string, customerId: string): Promise<Member>;

  /** History, newest first: entries with `seq` below `before` (all when `undefined`), and down to `after` exclusive. */
  readEntries(
    programId: string,
    memberId: string,
    page: { readonly before?: number | undefined; readonly after?: number | undefined; readonly limit: number },
  ): Promise<EntryPage>;

  /** Something else than an entry changed what an account shows: a survey was answered. */
  forget(programId: string, memberId: string): void;

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
