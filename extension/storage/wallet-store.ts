import type { Chain, StoredEntry } from '../statements/chain.ts';
import type {
  Evidence,
  ListStart,
  PendingLink,
  Revocation,
  Shop,
  StoredChain,
  StoredEntryRecord,
  StoredKeys,
  StoredStatement,
  StoredTokens,
} from './records.ts';

/**
 * What the wallet remembers. Each method is one transaction: the worker may stop between any two of them, and the
 * wallet goes on from what is stored.
 */
export interface WalletStore {
  /** All shops, in one read. */
  readShops(): Promise<Shop[]>;
  readShop(id: string): Promise<Shop | undefined>;
  /**
   * The shops that the list began with when it was drawn last, as they are now: the popup shows them while it reads the
   * others. `null` when that is not known, or a shop was linked or unlinked since.
   */
  readListStart(language: string): Promise<Shop[] | null>;
  saveListStart(start: ListStart): Promise<void>;
  /** Shops whose program lists this origin. */
  readShopsAt(origin: string): Promise<Shop[]>;
  /** Replaces a shop by what `change` makes of it; nothing when it is gone. */
  changeShop(id: string, change: (shop: Shop) => Shop): Promise<void>;

  readStatement(shop: string): Promise<StoredStatement | undefined>;
  readChain(shop: string): Promise<StoredChain | undefined>;
  readEntries(shop: string): Promise<StoredEntryRecord[]>;
  /**
   * Stores a verified account with its proof, all or nothing. Gives `false`, and stores nothing, when the shop is gone
   * or another refresh moved the chain away from `fromSeq` meanwhile.
   */
  saveVerified(verified: VerifiedAccount): Promise<boolean>;
  addEvidence(evidence: Evidence, change: (shop: Shop) => Shop): Promise<void>;
  readEvidence(shop: string): Promise<Evidence[]>;

  /** Ends a pending link with a linked shop. A shop that was linked before keeps its account and proof. */
  saveLinked(shop: Shop, tokens: StoredTokens, pendingOrigin: string): Promise<void>;
  readTokens(shop: string): Promise<StoredTokens | undefined>;
  /** Replaces the tokens of a shop that is still linked. */
  saveTokens(tokens: StoredTokens): Promise<void>;
  /** Forgets a shop and all that belongs to it; its token goes to the revocations. */
  deleteShop(id: string, unlinkedAt: number): Promise<void>;

  readPending(origin: string): Promise<PendingLink | undefined>;
  readPendings(): Promise<PendingLink[]>;
  savePending(pending: PendingLink): Promise<void>;
  /** Replaces a pending link; `null` from `change` leaves it as it is. Gives what is stored afterwards. */
  changePending(origin: string, change: (pending: PendingLink) => PendingLink | null): Promise<PendingLink | undefined>;
  deletePending(origin: string): Promise<void>;

  readKeys(issuer: string): Promise<StoredKeys | undefined>;
  saveKeys(keys: StoredKeys): Promise<void>;

  readRevocations(): Promise<Revocation[]>;
  deleteRevocation(token: string): Promise<void>;
}

export interface VerifiedAccount {
  readonly shop: string;
  readonly change: (shop: Shop) => Shop;
  readonly statement: StoredStatement;
  readonly chain: Chain;
  /** `seq` of the chain that the new entries continue. */
  readonly fromSeq: number;
  readonly entries: readonly StoredEntry[];
}
