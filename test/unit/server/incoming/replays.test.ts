import { afterEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../../server/database/database.ts';
import { migrate } from '../../../../server/database/migrate.ts';
import { openDatabase } from '../../../../server/database/open.ts';
import { statement } from '../../../../server/database/statement.ts';
import type { Services } from '../../../../server/routes/services.ts';
import { createServices } from '../../../../server/services.ts';
import { verify } from '../../../../server/verify/verify.ts';
import type { Delivery, Platform } from '../../../../server/webhooks/incoming/signatures.ts';
import {
  delivery,
  fixtureObject,
  headersOf,
  SHOPIFY_SECRET,
  STANDARD_SECRET,
  standardHeaders,
  WOOCOMMERCE_SECRET,
} from '../../../support/incoming-webhooks.ts';
import { conservationFaults, emptyStore, PROGRAM, program, type Store, stores } from '../../../support/ledger.ts';
import { ISSUER, SECRET, START } from '../../../support/server.ts';
import { seed, sized } from '../../../support/size.ts';

interface Event {
  readonly platform: Platform;
  readonly sent: Delivery;
}

/** An order with everything that is told of it, and the points that are left of it then. */
interface Story {
  readonly orderId: string;
  readonly memberId: string;
  readonly events: readonly Event[];
  readonly points: number;
}

/** mulberry32: the same numbers from the same seed. */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function event(platform: Platform, topic: string, body: object): Event {
  const text = JSON.stringify(body);
  return { platform, sent: delivery(text, headersOf(platform, topic, text, START)) };
}

const SHOPIFY_PAID = fixtureObject('shopify/orders-paid.json');
const SHOPIFY_REFUND = fixtureObject('shopify/refunds-create.json');
const SHOPIFY_CANCELLED = fixtureObject('shopify/orders-cancelled.json');
const WOO_PAID = fixtureObject('woocommerce/order-updated-processing.json');
const WOO_PARTLY = fixtureObject('woocommerce/order-updated-partly-refunded.json');
const WOO_REFUNDED = fixtureObject('woocommerce/order-updated-refunded.json');

function shopifyStory(number: number, member: number, endsCancelled: boolean): Story {
  const id = 1_000_000 + number;
  const customer = { id: member };
  const refund = { ...SHOPIFY_REFUND, id: 5_000_000 + number, order_id: id };
  const events = [
    event('shopify', 'orders/paid', { ...SHOPIFY_PAID, id, customer }),
    event('shopify', 'refunds/create', refund),
    ...(endsCancelled
      ? [event('shopify', 'orders/cancelled', { ...SHOPIFY_CANCELLED, id, customer, refunds: [refund] })]
      : []),
  ];
  return { orderId: `shopify:${id}`, memberId: String(member), events, points: endsCancelled ? 0 : 39 };
}

function wooStory(number: number, member: number, endsRefunded: boolean): Story {
  const id = 1_000_000 + number;
  const own = { id, customer_id: member };
  const events = [WOO_PAID, WOO_PARTLY, ...(endsRefunded ? [WOO_REFUNDED] : [])].map((body) =>
    event('woocommerce', 'order.updated', { ...body, ...own }),
  );
  return { orderId: `woocommerce:${id}`, memberId: String(member), events, points: endsRefunded ? 0 : 54 };
}

function standardStory(number: number, member: number, sums: readonly number[], isCancelled: boolean): Story {
  const id = `o-${number}`;
  const lines = [{ sku: 'a', quantity: 1, netMinor: 100_00 }];
  const placedAt = '2026-03-31T11:00:00Z';
  const order = { id, memberId: String(member), placedAt, currency: 'EUR', lines };
  const events = [
    event('standard', '', { type: 'order.paid', data: order }),
    ...sums.map((refundedMinor) =>
      event('standard', '', { type: 'order.refunded', data: { id, refundedMinor, refundedAt: placedAt } }),
    ),
    ...(isCancelled ? [event('standard', '', { type: 'order.cancelled', data: { id, cancelledAt: placedAt } })] : []),
  ];
  const left = isCancelled ? 0 : 100_00 - Math.max(0, ...sums);
  return { orderId: id, memberId: String(member), events, points: Math.floor(left / 100) };
}

const orderRows = statement<{ order_id: string; points: number; reversed_points: number }>((db, p) =>
  db.selectFrom('orders').select(['order_id', 'points', 'reversed_points']).where('program_id', '=', p('program_id')),
);

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const servicesOn = (database: Database) =>
  createServices({ database, secret: SECRET, issuer: ISSUER, clock: () => START });

/** Without tiers an order's points are its own, whatever came before it. */
const flat = { ...program, tiers: { ...program.tiers, ladder: program.tiers.ladder.slice(0, 1) } };

/** Two servers on one store; the embedded one belongs to a single process, so there both share its connection. */
async function twoServers(store: Store) {
  const place = await emptyStore(store);
  cleanups.push(place.remove);
  const first = await openDatabase(place.url);
  await migrate(first, START);
  const second = store === 'postgres' ? await openDatabase(place.url) : first;
  cleanups.push(async () => {
    await first.close();
    if (second !== first) await second.close();
  });
  const servers: [Services, Services] = [await servicesOn(first), await servicesOn(second)];
  await servers[0].programs.apply(flat);
  const secrets = { shopify: SHOPIFY_SECRET, woocommerce: WOOCOMMERCE_SECRET, standard: STANDARD_SECRET };
  for (const [platform, secret] of Object.entries(secrets)) {
    await servers[0].webhookSources.rotate(PROGRAM, platform as Platform, secret, 0);
  }
  return {
    servers,
    database: first,
    restart: async (index: 0 | 1) => (servers[index] = await servicesOn(index ? second : first)),
  };
}

describe.each(stores)('W2 on %s', (store) => {
  const eventCount = store === 'sqlite' ? sized(1_200, 5_000) : sized(500, 5_000);
  const replayMax = sized(6, 100);

  test(`${eventCount} events, each sent 1 to ${replayMax} times, in any order, at two servers, through restarts: one effect each (seed ${seed})`, {
    timeout: 3_600_000,
  }, async () => {
    const random = randomOf(seed);
    const below = (limit: number) => Math.floor(random() * limit);
    const stories: Story[] = [];
    let made = 0;
    for (let number = 1; made < eventCount; number++) {
      const member = 1 + below(eventCount / 20);
      const kind = below(3);
      const sums = Array.from({ length: below(4) }, () => 1 + below(100_00));
      const story =
        kind === 0
          ? shopifyStory(number, member, random() < 0.3)
          : kind === 1
            ? wooStory(number, member, random() < 0.3)
            : standardStory(number, member, sums, random() < 0.3);
      stories.push(story);
      made += story.events.length;
    }
    const sendings = stories.flatMap(({ events }) =>
      events.flatMap((sent) => Array.from({ length: 1 + below(replayMax) }, () => sent)),
    );
    for (let index = sendings.length - 1; index > 0; index--) {
      const other = below(index + 1);
      [sendings[index], sendings[other]] = [sendings[other] as Event, sendings[index] as Event];
    }

    const { servers, database, restart } = await twoServers(store);
    let appliedCount = 0;
    const CHUNK = 64;
    for (let start = 0; start < sendings.length; start += CHUNK) {
      // A server that starts anew remembers nothing; the other one goes on.
      if (below(10) === 0) await restart(below(2) as 0 | 1);
      const answers = sendings.slice(start, start + CHUNK).map(async ({ platform, sent }) => {
        const { outcome } = await servers[below(2) as 0 | 1].incomingWebhooks.receive(PROGRAM, platform, sent);
        if (outcome === 'applied') appliedCount++;
        expect(outcome).not.toBe('skipped');
      });
      await Promise.all(answers);
    }

    const rows = new Map((await database.all(orderRows, { program_id: PROGRAM })).map((row) => [row.order_id, row]));
    const wrong = stories.filter(({ orderId, points }) => {
      const row = rows.get(orderId);
      return !row || row.points - row.reversed_points !== points;
    });
    expect(wrong.map(({ orderId, points }) => ({ orderId, points, row: rows.get(orderId) }))).toEqual([]);
    expect(rows.size).toBe(stories.length);
    const expected = Map.groupBy(stories, ({ memberId }) => memberId);
    for (const [memberId, own] of expected) {
      const { balance } = await servers[0].ledger.readMember(PROGRAM, memberId);
      expect(balance.available).toBe(own.reduce((sum, { points }) => sum + points, 0));
    }
    expect(await conservationFaults({ database })).toEqual([]);
    expect((await verify(database)).finding).toBeNull();
    console.info(
      `W2 on ${store}: ${made} events of ${stories.length} orders, ${sendings.length} deliveries, ${appliedCount} took effect, seed ${seed}`,
    );
  });

  test('W4: 10 rotations under load refuse no good event', { timeout: 120_000 }, async () => {
    const { servers } = await twoServers(store);
    let current = STANDARD_SECRET;
    let isRotating = true;
    let [sentCount, refusedCount, number] = [0, 0, 0];
    const sender = async (server: 0 | 1) => {
      while (isRotating) {
        const text = JSON.stringify({
          type: 'order.cancelled',
          data: { id: `n-${++number}`, cancelledAt: '2026-03-31T11:00:00Z' },
        });
        const sent = delivery(text, standardHeaders(text, START, current));
        sentCount++;
        await servers[server].incomingWebhooks.receive(PROGRAM, 'standard', sent).catch(() => refusedCount++);
      }
    };
    const load = [sender(0), sender(1), sender(0), sender(1)];
    for (let round = 0; round < 10; round++) {
      const before = sentCount;
      // The shop changes over after the secret is set, as its answer is what tells it.
      const made = await servers[0].webhookSources.rotate(PROGRAM, 'standard', null, 3_600_000);
      while (sentCount < before + 5) await new Promise((resolve) => setImmediate(resolve));
      current = made;
      while (sentCount < before + 15) await new Promise((resolve) => setImmediate(resolve));
    }
    isRotating = false;
    await Promise.all(load);
    console.info(`W4 on ${store}: 10 rotations, ${sentCount} good events, ${refusedCount} refused`);
    expect(refusedCount).toBe(0);
    // The secret before the last one is good still, the ones before that are not.
    const late = delivery('{}', standardHeaders('{}', START));
    await expect(servers[1].incomingWebhooks.receive(PROGRAM, 'standard', late)).rejects.toThrow('signature');
    expect((await servers[1].webhookSources.list(PROGRAM, 'standard')).length).toBe(2);
  });
});
