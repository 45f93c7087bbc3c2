import { openDatabase } from './database.ts';
import type { WalletStore } from './wallet-store.ts';

/** All entries of one shop, in order of `seq`. */
const entriesOf = (shop: string) => IDBKeyRange.bound([shop, 0], [shop, Number.POSITIVE_INFINITY]);

/** The wallet's memory in IndexedDB. Nothing but the database is awaited inside a transaction. */
export const indexedStore: WalletStore = {
  readShops: async () => (await openDatabase()).getAll('shops'),
  readShop: async (id) => (await openDatabase()).get('shops', id),
  async readListStart(language) {
    const transaction = (await openDatabase()).transaction(['listStarts', 'shops']);
    const start = await transaction.objectStore('listStarts').get(language);
    if (!start) return null;
    const shops = await Promise.all(start.shops.map((id) => transaction.objectStore('shops').get(id)));
    return shops.every((shop) => shop !== undefined) ? shops : null;
  },
  async saveListStart(start) {
    await (await openDatabase()).put('listStarts', start);
  },
  readShopsAt: async (origin) => (await openDatabase()).getAllFromIndex('shops', 'by-origin', origin),

  async changeShop(id, change) {
    const transaction = (await openDatabase()).transaction('shops', 'readwrite');
    const shop = await transaction.store.get(id);
    if (shop) await transaction.store.put(change(shop));
    await transaction.done;
  },

  readStatement: async (shop) => (await openDatabase()).get('statements', shop),
  readChain: async (shop) => (await openDatabase()).get('chains', shop),
  readEntries: async (shop) => (await openDatabase()).getAll('entries', entriesOf(shop)),

  async saveVerified({ shop: id, change, statement, chain, fromSeq, entries }) {
    const transaction = (await openDatabase()).transaction(['shops', 'statements', 'chains', 'entries'], 'readwrite');
    const [shop, stored] = await Promise.all([
      transaction.objectStore('shops').get(id),
      transaction.objectStore('chains').get(id),
    ]);
    if (!shop || (stored?.seq ?? 0) !== fromSeq) {
      await transaction.done;
      return false;
    }
    await Promise.all([
      transaction.objectStore('shops').put(change(shop)),
      transaction.objectStore('statements').put(statement),
      transaction.objectStore('chains').put({ shop: id, ...chain }),
      ...entries.map((entry) => transaction.objectStore('entries').put({ shop: id, ...entry })),
      transaction.done,
    ]);
    return true;
  },

  async addEvidence(evidence, change) {
    const transaction = (await openDatabase()).transaction(['shops', 'evidence'], 'readwrite');
    const shop = await transaction.objectStore('shops').get(evidence.shop);
    if (shop) {
      await transaction.objectStore('evidence').put(evidence);
      await transaction.objectStore('shops').put(change(shop));
    }
    await transaction.done;
  },
  readEvidence: async (shop) => (await openDatabase()).getAll('evidence', entriesOf(shop)),

  async saveLinked(shop, tokens, pendingOrigin) {
    const transaction = (await openDatabase()).transaction(
      ['shops', 'tokens', 'pendingLinks', 'listStarts'],
      'readwrite',
    );
    const before = await transaction.objectStore('shops').get(shop.id);
    await Promise.all([
      transaction
        .objectStore('shops')
        .put(before ? { ...shop, account: before.account, checkedAt: before.checkedAt } : shop),
      transaction.objectStore('tokens').put(tokens),
      transaction.objectStore('pendingLinks').delete(pendingOrigin),
      transaction.objectStore('listStarts').clear(),
      transaction.done,
    ]);
  },

  readTokens: async (shop) => (await openDatabase()).get('tokens', shop),

  async saveTokens(tokens) {
    const transaction = (await openDatabase()).transaction(['shops', 'tokens'], 'readwrite');
    if (await transaction.objectStore('shops').getKey(tokens.shop)) await transaction.objectStore('tokens').put(tokens);
    await transaction.done;
  },

  async deleteShop(id, unlinkedAt) {
    const transaction = (await openDatabase()).transaction(
      ['shops', 'statements', 'chains', 'entries', 'evidence', 'tokens', 'revocations', 'listStarts'],
      'readwrite',
    );
    const tokens = await transaction.objectStore('tokens').get(id);
    if (tokens) {
      const { revocationEndpoint: endpoint, refreshToken, accessToken } = tokens;
      await transaction.objectStore('revocations').put({ token: refreshToken ?? accessToken, endpoint, unlinkedAt });
    }
    await Promise.all([
      transaction.objectStore('shops').delete(id),
      transaction.objectStore('statements').delete(id),
      transaction.objectStore('chains').delete(id),
      transaction.objectStore('entries').delete(entriesOf(id)),
      transaction.objectStore('evidence').delete(entriesOf(id)),
      transaction.objectStore('tokens').delete(id),
      transaction.objectStore('listStarts').clear(),
      transaction.done,
    ]);
  },

  readPending: async (origin) => (await openDatabase()).get('pendingLinks', origin),
  readPendings: async () => (await openDatabase()).getAll('pendingLinks'),
  async savePending(pending) {
    await (await openDatabase()).put('pendingLinks', pending);
  },
  async changePending(origin, change) {
    const transaction = (await openDatabase()).transaction('pendingLinks', 'readwrite');
    const before = await transaction.store.get(origin);
    const after = before && change(before);
    if (after) await transaction.store.put(after);
    await transaction.done;
    return after ?? before;
  },
  async deletePending(origin) {
    await (await openDatabase()).delete('pendingLinks', origin);
  },

  readKeys: async (issuer) => (await openDatabase()).get('keys', issuer),
  async saveKeys(keys) {
    await (await openDatabase()).put('keys', keys);
  },

  readRevocations: async () => (await openDatabase()).getAll('revocations'),
  async deleteRevocation(token) {
    await (await openDatabase()).delete('revocations', token);
  },
};
