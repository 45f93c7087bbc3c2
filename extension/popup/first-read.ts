import { indexedStore } from '../storage/indexed-store.ts';
import type { PendingLink, Shop } from '../storage/records.ts';

/** What is stored, as the popup shows it. */
export interface Stored {
  /** In order of names where they are not {@link areAll all}. */
  readonly shops: readonly Shop[];
  readonly areAll: boolean;
  readonly pendings: readonly PendingLink[];
}

/**
 * What the popup draws first. This module is the first of the popup's to run, so that the database is at work while the
 * code that draws starts. Reading some ten shops takes as long in a wallet of thousands as in one of twenty.
 */
export const firstRead: Promise<Stored> = read();

async function read(): Promise<Stored> {
  const [start, pendings] = await Promise.all([
    indexedStore.readListStart(navigator.language),
    indexedStore.readPendings(),
  ]);
  return { shops: start ?? (await indexedStore.readShops()), areAll: start === null, pendings };
}
