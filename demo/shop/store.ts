import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';

/** A line of an order, priced when it was bought. */
export interface OrderLine {
  readonly sku: string;
  readonly category: string;
  readonly quantity: number;
  readonly netMinor: number;
  readonly isReturned: boolean;
}

export interface ShopOrder {
  readonly id: string;
  /** `null` for a guest, of whom Laurel never hears. */
  readonly customerId: string | null;
  /** The guest's session: who may look at the order when no customer may. */
  readonly guestSessionId: string | null;
  readonly placedAt: number;
  readonly lines: readonly OrderLine[];
  /** What Laurel answered; `null` until it has. */
  readonly pointsEarned: number | null;
  readonly pointsAvailableAt: string | null;
}

export interface Session {
  readonly id: string;
  readonly customerId: string | null;
  readonly cart: Readonly<Record<string, number>>;
}

/** A call to Laurel that is owed: kept until Laurel has answered it. */
export interface OutboxItem {
  readonly number: number;
  readonly orderId: string;
  /** `null` for the order itself. */
  readonly refundId: string | null;
  readonly path: string;
  readonly body: string;
}

interface OrderRow {
  id: string;
  customer_id: string | null;
  guest_session_id: string | null;
  placed_at: number;
  lines: string;
  points_earned: number | null;
  points_available_at: string | null;
}

/**
 * The shop's own books: sessions, orders, and the outbox. An order and the call that tells Laurel of it are written in
 * one transaction, so that neither exists without the other.
 */
export class ShopStore {
  readonly #db: DatabaseSync;

  /** @param file Where the books are kept. */
  constructor(file: string) {
    this.#db = new DatabaseSync(file);
    this.#db.exec(`
      pragma journal_mode = wal;
      pragma synchronous = full;
      create table if not exists sessions (id text primary key, customer_id text, cart text not null) strict;
      create table if not exists orders (
        id text primary key, customer_id text, guest_session_id text, placed_at integer not null, lines text not null,
        points_earned integer, points_available_at text
      ) strict;
      create index if not exists orders_by_customer on orders (customer_id, placed_at);
      create table if not exists outbox (
        number integer primary key, order_id text not null, refund_id text, path text not null, body text not null,
        state text not null default 'waiting', problem text
      ) strict;
    `);
  }

  close(): void {
    this.#db.close();
  }

  session(id: string | undefined): Session | null {
    if (!id) return null;
    const row = this.#db.prepare('select * from sessions where id = ?').get(id) as
      | { id: string; customer_id: string | null; cart: string }
      | undefined;
    return row ? { id: row.id, customerId: row.customer_id, cart: JSON.parse(row.cart) as Session['cart'] } : null;
  }

  /** A session under a new id: signing in or out never keeps the old one (session fixation). */
  openSession(customerId: string | null, cart: Session['cart'], replaces?: string): Session {
    const id = randomUUID();
    this.#db
      .prepare('insert into sessions (id, customer_id, cart) values (?, ?, ?)')
      .run(id, customerId, JSON.stringify(cart));
    if (replaces) this.#db.prepare('delete from sessions where id = ?').run(replaces);
    return { id, customerId, cart };
  }

  saveCart(sessionId: string, cart: Session['cart']): void {
    this.#db.prepare('update sessions set cart = ? where id = ?').run(JSON.stringify(cart), sessionId);
  }

  hasOrders(): boolean {
    return this.#db.prepare('select 1 from orders limit 1').get() !== undefined;
  }

  order(id: string): ShopOrder | null {
    const row = this.#db.prepare('select * from orders where id = ?').get(id);
    return row ? asOrder(row as unknown as OrderRow) : null;
  }

  /** Newest first. */
  ordersOf(customerId: string): ShopOrder[] {
    const rows = this.#db
      .prepare('select * from orders where customer_id = ? order by placed_at desc, id desc')
      .all(customerId);
    return rows.map((row) => asOrder(row as unknown as OrderRow));
  }

  /** The next order number, such as `CR-1042`. */
  nextOrderId(prefix: string): string {
    const row = this.#db.prepare('select count(*) as count from orders').get() as { count: number };
    return `${prefix}-${1001 + row.count}`;
  }

  addOrder(order: ShopOrder, call: Pick<OutboxItem, 'path' | 'body'> | null): void {
    this.#atomically(() => {
      this.#db
        .prepare('insert into orders (id, customer_id, guest_session_id, placed_at, lines) values (?, ?, ?, ?, ?)')
        .run(order.id, order.customerId, order.guestSessionId, order.placedAt, JSON.stringify(order.lines));
      if (call) this.#queue(order.id, null, call);
    });
  }

  addRefund(order: ShopOrder, refundId: string, call: Pick<OutboxItem, 'path' | 'body'> | null): void {
    this.#atomically(() => {
      this.#db.prepare('update orders set lines = ? where id = ?').run(JSON.stringify(order.lines), order.id);
      if (call) this.#queue(order.id, refundId, call);
    });
  }

  /** What is still owed, oldest first: a refund never overtakes its order. */
  waiting(): OutboxItem[] {
    const rows = this.#db.prepare("select * from outbox where state = 'waiting' order by number").all();
    return rows.map((row) => {
      const { number, order_id, refund_id, path, body } = row as unknown as {
        number: number;
        order_id: string;
        refund_id: string | null;
        path: string;
        body: string;
      };
      return { number, orderId: order_id, refundId: refund_id, path, body };
    });
  }

  /** Laurel has written it. `earned` is what an order's receipt says. */
  delivered(item: OutboxItem, earned: { points: number; availableAt: string | null } | null): void {
    this.#atomically(() => {
      this.#db.prepare("update outbox set state = 'delivered' where number = ?").run(item.number);
      if (!earned) return;
      this.#db
        .prepare('update orders set points_earned = ?, points_available_at = ? where id = ?')
        .run(earned.points, earned.availableAt, item.orderId);
    });
  }

  /** Laurel will never take it: kept with the reason, for a person to look at. */
  refused(item: OutboxItem, problem: string): void {
    this.#db.prepare("update outbox set state = 'refused', problem = ? where number = ?").run(problem, item.number);
  }

  /** Calls that Laurel refused, with its reasons. */
  refusals(): { orderId: string; problem: string }[] {
    const rows = this.#db.prepare("select order_id, problem from outbox where state = 'refused' order by number").all();
    return rows.map((row) => ({ orderId: String(row['order_id']), problem: String(row['problem']) }));
  }

  #queue(orderId: string, refundId: string | null, { path, body }: Pick<OutboxItem, 'path' | 'body'>): void {
    this.#db
      .prepare('insert into outbox (order_id, refund_id, path, body) values (?, ?, ?, ?)')
      .run(orderId, refundId, path, body);
  }

  #atomically(write: () => void): void {
    this.#db.exec('begin immediate');
    try {
      write();
      this.#db.exec('commit');
    } catch (error) {
      this.#db.exec('rollback');
      throw error;
    }
  }
}

const asOrder = (row: OrderRow): ShopOrder => ({
  id: row.id,
  customerId: row.customer_id,
  guestSessionId: row.guest_session_id,
  placedAt: row.placed_at,
  lines: JSON.parse(row.lines) as OrderLine[],
  pointsEarned: row.points_earned,
  pointsAvailableAt: row.points_available_at,
});
