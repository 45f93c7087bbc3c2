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
} from '../../../extension/storage/records.ts';
import type { WalletStore } from '../../../extension/storage/wallet-store.ts';

/** The wallet's memory without IndexedDB, for the rules above it; the real one is tested in the browsers. */
export class MemoryStore implements WalletStore {
  readonly shops = new Map<string, Shop>();
  readonly statements = new Map<string, StoredStatement>();
  readonly chains = new Map<string, StoredChain>();
  readonly entries: StoredEntryRecord[] = [];
  readonly evidence: Evidence[] = [];
  readonly tokens = new Map<string, StoredTokens>();
  readonly pendings = new Map<string, PendingLink>();
  readonly keys = new Map<string, StoredKeys>();
  readonly listStarts = new Map<string, ListStart>();
  readonly revocations = new Map<string, Revocation>();

  /** Everything that is stored, to compare before and after. */
  snapshot(): string {
    const { shops, statements, chains, entries, evidence, tokens, pendings, keys, revocations } = this;
    return JSON.stringify(
      [shops, statements, chains, tokens, pendings, keys, revocations]
        .map((map) => [...map])
        .concat([entries, evidence] as never),
    );
  }

  async readShops() {
    return [...this.shops.values()];
  }
  async readShop(id: string) {
    return this.shops.get(id);
  }
  async readListStart(language: string) {
    const shops = this.listStarts.get(language)?.shops.map((id) => this.shops.get(id));
    return shops?.every((shop) => shop !== undefined) ? shops : null;
  }
  async saveListStart(start: ListStart) {
    this.listStarts.set(start.language, start);
  }
  async readShopsAt(origin: string) {
    return [...this.shops.values()].filter(({ origins }) => origins.includes(origin));
  }
  async changeShop(id: string, change: (shop: Shop) => Shop) {
    const shop = this.shops.get(id);
    if (shop) this.shops.set(id, change(shop));
  }
  async readStatement(shop: string) {
    return this.statements.get(shop);
  }
  async readChain(shop: string) {
    return this.chains.get(shop);
  }
  async readEntries(shop: string) {
    return this.entries.filter((entry) => entry.shop === shop);
  }
  async saveVerified({
    shop: id,
    change,
    statement,
    chain,
    fromSeq,
    entries,
  }: Parameters<WalletStore['saveVerified']>[0]) {
    const shop = this.shops.get(id);
    if (!shop || (this.chains.get(id)?.seq ?? 0) !== fromSeq) return false;
    this.shops.set(id, change(shop));
    this.statements.set(id, statement);
    this.chains.set(id, { shop: id, ...chain });
    this.entries.push(...entries.map((entry) => ({ shop: id, ...entry })));
    return true;
  }
  async addEvidence(evidence: Evidence, change: (shop: Shop) => Shop) {
    const shop = this.shops.get(evidence.shop);
    if (!shop) return;
    this.evidence.push(evidence);
    this.shops.set(evidence.shop, change(shop));
  }
  async readEvidence(shop: string) {
    return this.evidence.filter((evidence) => evidence.shop === shop);
  }
  async saveLinked(shop: Shop, tokens: StoredTokens, pendingOrigin: string) {
    this.listStarts.clear();
    const before = this.shops.get(shop.id);
    this.shops.set(shop.id, before ? { ...shop, account: before.account, checkedAt: before.checkedAt } : shop);
    this.tokens.set(shop.id, tokens);
    this.pendings.delete(pendingOrigin);
  }
  async readTokens(shop: string) {
    return this.tokens.get(shop);
  }
  async saveTokens(tokens: StoredTokens) {
    if (this.shops.has(tokens.shop)) this.tokens.set(tokens.shop, tokens);
  }
  async deleteShop(id: string, unlinkedAt: number) {
    this.listStarts.clear();
    const tokens = this.tokens.get(id);
    if (tokens) {
      const token = tokens.refreshToken ?? tokens.accessToken;
      this.revocations.set(token, { token, endpoint: tokens.revocationEndpoint, unlinkedAt });
    }
    for (const map of [this.shops, this.statements, this.chains, this.tokens]) map.delete(id);
    for (const list of [this.entries, this.evidence]) {
      list.splice(0, list.length, ...(list.filter(({ shop }) => shop !== id) as never[]));
    }
  }
  async readPending(origin: string) {
    return this.pendings.get(origin);
  }
  async readPendings() {
    return [...this.pendings.values()];
  }
  async savePending(pending: PendingLink) {
    this.pendings.set(pending.origin, pending);
  }
  async changePending(origin: string, change: (pending: PendingLink) => PendingLink | null) {
    const before = this.pendings.get(origin);
    const after = before && change(before);
    if (after) this.pendings.set(origin, after);
    return after ?? before;
  }
  async deletePending(origin: string) {
    this.pendings.delete(origin);
  }
  async readKeys(issuer: string) {
    return this.keys.get(issuer);
  }
  async saveKeys(keys: StoredKeys) {
    this.keys.set(keys.issuer, keys);
  }
  async readRevocations() {
    return [...this.revocations.values()];
  }
  async deleteRevocation(token: string) {
    this.revocations.delete(token);
  }
}
