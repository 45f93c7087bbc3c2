import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
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

/** The wallet's IndexedDB, which content scripts and pages cannot reach (`storage.local` they could, in Firefox). */
export interface WalletSchema extends DBSchema {
  /** One record a shop, with all that the list shows: 500 of them are one `getAll`. */
  shops: { key: string; value: Shop; indexes: { 'by-origin': string } };
  statements: { key: string; value: StoredStatement };
  chains: { key: string; value: StoredChain };
  entries: { key: [string, number]; value: StoredEntryRecord };
  evidence: { key: [string, number]; value: Evidence };
  tokens: { key: string; value: StoredTokens };
  pendingLinks: { key: string; value: PendingLink };
  keys: { key: string; value: StoredKeys };
  revocations: { key: string; value: Revocation };
  listStarts: { key: string; value: ListStart };
}

export type WalletDatabase = IDBPDatabase<WalletSchema>;

const NAME = 'laurel-wallet';

/** One step a schema version, run in order from the stored version on. A released step is never edited. */
const MIGRATIONS: readonly ((database: WalletDatabase) => void)[] = [
  (database) => {
    const shops = database.createObjectStore('shops', { keyPath: 'id' });
    shops.createIndex('by-origin', 'origins', { multiEntry: true });
    database.createObjectStore('statements', { keyPath: 'shop' });
    database.createObjectStore('chains', { keyPath: 'shop' });
    database.createObjectStore('entries', { keyPath: ['shop', 'seq'] });
    database.createObjectStore('evidence', { keyPath: ['shop', 'foundAt'] });
    database.createObjectStore('tokens', { keyPath: 'shop' });
    database.createObjectStore('pendingLinks', { keyPath: 'origin' });
    database.createObjectStore('keys', { keyPath: 'issuer' });
    database.createObjectStore('revocations', { keyPath: 'token' });
  },
  (database) => {
    database.createObjectStore('listStarts', { keyPath: 'language' });
  },
];

let opening: Promise<WalletDatabase> | null = null;

/** The open database, shared by all of this context; opened again after the browser closed it. */
export function openDatabase(): Promise<WalletDatabase> {
  opening ??= open().catch((error: unknown) => {
    opening = null;
    throw error;
  });
  return opening;
}

function open(): Promise<WalletDatabase> {
  return openDB<WalletSchema>(NAME, MIGRATIONS.length, {
    upgrade(database, oldVersion) {
      for (const migrate of MIGRATIONS.slice(oldVersion)) migrate(database);
    },
    // An old context must not hold up the version that an update brings.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
      opening = null;
    },
    terminated() {
      opening = null;
    },
  });
}
