import { shopIdOf } from '../program-link.ts';
import type { Shop } from '../storage/records.ts';
import type { WalletStore } from '../storage/wallet-store.ts';

/**
 * Saves what a shop signed, as a file that anybody can check: both statements, the keys, and the entries that the wallet
 * believed. It holds no token.
 */
export async function saveEvidence(
  store: Pick<WalletStore, 'readEvidence' | 'readEntries'>,
  shop: Shop,
): Promise<void> {
  const [evidence, entries] = await Promise.all([store.readEvidence(shop.id), store.readEntries(shop.id)]);
  const file = {
    format: 'laurel-evidence',
    version: 1,
    program: shopIdOf(shop),
    issuer: shop.issuer,
    findings: evidence.map(({ foundAt, fault, believed, refused, entries: received, keys }) => ({
      foundAt: new Date(foundAt).toISOString(),
      fault,
      believedStatement: believed,
      refusedStatement: refused,
      refusedEntries: received,
      keys,
    })),
    believedEntries: entries.map(({ seq, hash, bytes }) => ({ seq, hash, bytes })),
  };
  const url = URL.createObjectURL(new Blob([JSON.stringify(file, null, 2)], { type: 'application/json' }));
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = `laurel-evidence-${shop.program}.json`;
  anchor.click();
  // The browser has taken the blob over by the next turn of a minute at most.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
