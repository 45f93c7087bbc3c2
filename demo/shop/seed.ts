import type { LaurelClient } from './laurel.ts';
import type { Outbox } from './outbox.ts';
import type { ShopProfile } from './profile.ts';
import { placeOrder } from './sales.ts';
import type { ShopStore } from './store.ts';

const DAY_MS = 86_400_000;

/** Sells the sample customers what they bought before today: each order goes to Laurel as any other does. */
export async function seedHistory(
  books: {
    readonly profile: ShopProfile;
    readonly store: ShopStore;
    readonly laurel: LaurelClient;
    readonly outbox: Outbox;
  },
  now: number,
): Promise<void> {
  const { profile } = books;
  for (const { customerId, daysAgo, lines } of profile.history.toSorted((a, b) => b.daysAgo - a.daysAgo)) {
    const cart = lines.map(([sku, quantity]) => {
      const product = profile.products.find((candidate) => candidate.sku === sku);
      if (!product) throw new Error(`${profile.slug}: the history names ${sku}, which is not for sale`);
      return { product, quantity };
    });
    await placeOrder(books, { customerId }, cart, now - daysAgo * DAY_MS);
  }
}
