import { STANDARD_SECRET, standardHeaders } from '../../support/incoming-webhooks.ts';
import { PROGRAM } from '../../support/ledger.ts';
import { documentOf, RULES } from './programs.ts';
import type { Random } from './random.ts';
import type { ServerProcess } from './server-process.ts';
import type { Intent, Shop } from './shop.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** An order as the shop knows it. */
export interface ShopOrder {
  readonly id: string;
  readonly customer: string;
  readonly netMinor: number;
  readonly placedAt: number;
  readonly isWebhook: boolean;
  readonly post: Intent;
  /** What the shop refunded so far, in all. */
  refundedMinor: number;
  readonly refunds: Intent[];
}

const WEIGHTS = {
  order: 9,
  'webhook order': 4,
  refund: 4,
  event: 5,
  redeem: 5,
  release: 1,
  adjust: 2,
  pin: 0.7,
  benefit: 1,
  extend: 0.7,
  coupon: 1,
  join: 1,
  referral: 1,
  merge: 0.4,
  unmerge: 0.3,
  erase: 0.12,
  publish: 0.15,
} as const;

/** What the customers and the staff of a shop do, at random. */
export class Life {
  readonly orders: ShopOrder[] = [];
  /** Adjustments by their key, with what each was to change. */
  readonly adjustments = new Map<string, number>();
  readonly #customers = Array.from({ length: 6 }, (_, index) => `c${index}`);
  readonly #codes: { readonly customer: string; readonly code: string; readonly id: string }[] = [];
  readonly #random: Random;
  readonly #shop: Shop;
  readonly #now: () => number;
  #count = 0;

  constructor(parts: { readonly random: Random; readonly shop: Shop; readonly now: () => number }) {
    this.#random = parts.random;
    this.#shop = parts.shop;
    this.#now = parts.now;
  }

  act(): void {
    const kind = this.#random.weighted(WEIGHTS);
    const id = `${kind.replace(' ', '-')}-${++this.#count}`;
    switch (kind) {
      case 'order':
        return this.#order(id);
      case 'webhook order':
        return this.#webhookOrder(id);
      case 'refund':
        return this.#refund(id);
      case 'event':
        return this.#event(id);
      case 'redeem':
        return this.#redeem(id);
      case 'release':
        return this.#release(id);
      case 'referral':
        return this.#referral(id);
      case 'extend':
        return this.#extend(id);
      case 'publish':
        return this.#publish(id);
      default:
        return this.#staff(kind, id);
    }
  }

  #customer(): string {
    if (this.#customers.length < 30 && this.#random.chance(0.04)) this.#customers.push(`c${this.#customers.length}`);
    return this.#random.pick(this.#customers);
  }

  #ask(id: string, kind: string, send: Intent['send'], onDone?: Intent['onDone']): Intent {
    return this.#shop.ask(this.#now(), { id, kind, send, ...(onDone && { onDone }) });
  }

  #line() {
    const netMinor = this.#random.chance(0.1) ? this.#random.int(40_000, 80_000) : this.#random.int(0, 12_000);
    const category = this.#random.pick(['tea', 'cake']);
    return { sku: 'sku-1', category, quantity: 1, netMinor };
  }

  #order(id: string): void {
    const customer = this.#customer();
    const line = this.#line();
    const placedAt = this.#now();
    const own = this.#codes.filter((known) => known.customer === customer);
    const code = own.length > 0 && this.#random.chance(0.6) ? this.#random.pick(own) : null;
    if (code) this.#codes.splice(this.#codes.indexOf(code), 1);
    const usedMinor = this.#random.chance(0.3) ? this.#random.int(1, 1_000) : null;
    const order = {
      id,
      memberId: customer,
      placedAt: new Date(placedAt).toISOString(),
      currency: 'EUR',
      lines: [line],
      ...(code && { redemptionCodes: [usedMinor === null ? code.code : { code: code.code, usedMinor }] }),
    };
    const post = this.#ask(id, 'order', ({ ledger }) => ledger.postOrder(PROGRAM, order));
    const { netMinor } = line;
    this.orders.push({ id, customer, netMinor, placedAt, isWebhook: false, post, refundedMinor: 0, refunds: [] });
  }

  #webhookOrder(id: string): void {
    const customer = this.#customer();
    const line = this.#line();
    const placedAt = this.#now();
    const at = new Date(placedAt).toISOString();
    const data = { id, memberId: customer, placedAt: at, currency: 'EUR', lines: [line] };
    const post = this.#webhook(id, { type: 'order.paid', data });
    const { netMinor } = line;
    const order = {
      id,
      customer,
      netMinor,
      placedAt,
      isWebhook: true,
      post,
      refundedMinor: 0,
      refunds: [] as Intent[],
    };
    this.orders.push(order);
    if (this.#random.chance(0.1)) {
      // Of one event the shop learns at once what followed: the platform sends both, in any order.
      order.refundedMinor = netMinor;
      const cancelled = { type: 'order.cancelled', data: { id, cancelledAt: at } };
      order.refunds.push(this.#webhook(`${id}-cancelled`, cancelled));
    }
  }

  #webhook(id: string, event: object): Intent {
    const body = JSON.stringify(event);
    return this.#ask(id, 'webhook', ({ incomingWebhooks }) => {
      const headers = standardHeaders(body, this.#now(), STANDARD_SECRET, id);
      const delivery = { body: Buffer.from(body), header: (name: string) => headers[name] };
      return incomingWebhooks.receive(PROGRAM, 'standard', delivery);
    });
  }

  #refund(id: string): void {
    const known = this.orders.filter(({ netMinor, refundedMinor }) => refundedMinor < netMinor);
    if (known.length === 0) return;
    const order = this.#random.pick(known.slice(-20));
    const left = order.netMinor - order.refundedMinor;
    const amountMinor = this.#random.chance(0.5) ? left : this.#random.int(1, left);
    order.refundedMinor += amountMinor;
    const refundedAt = new Date(this.#now()).toISOString();
    if (order.isWebhook) {
      const data = { id: order.id, refundedMinor: order.refundedMinor, refundedAt };
      order.refunds.push(this.#webhook(id, { type: 'order.refunded', data }));
      return;
    }
    order.refunds.push(
      this.#ask(id, 'refund', ({ ledger }) => ledger.postRefund(PROGRAM, order.id, { id, refundedAt, amountMinor })),
    );
  }

  #event(id: string): void {
    const memberId = this.#customer();
    const type = this.#random.pick(['visit', 'visit', 'visit', 'review']);
    const event = { id, type, memberId, occurredAt: new Date(this.#now()).toISOString() };
    this.#ask(id, type, ({ ledger }) => ledger.postEvent(PROGRAM, event));
  }

  #redeem(id: string): void {
    const customer = this.#customer();
    const memberId = memberOnce(customer);
    const request = this.#random.pick([
      { reward: 'ten-off' },
      { reward: 'slider', points: 10 * this.#random.int(1, 12) },
      { reward: 'slider', points: 10 * this.#random.int(1, 12) },
      { reward: 'mug' },
      { reward: 'tasting' },
      { reward: 'gold-only' },
    ]);
    this.#ask(
      id,
      'redeem',
      async (services, process) => services.redemptions.redeem(PROGRAM, await memberId(process), request, id),
      (value) => {
        const { redemption } = value as { redemption: { id: string; code?: string } };
        if (redemption.code) this.#codes.push({ customer, code: redemption.code, id: redemption.id });
      },
    );
  }

  #release(id: string): void {
    if (this.#codes.length === 0) return;
    const held = this.#random.pick(this.#codes);
    this.#codes.splice(this.#codes.indexOf(held), 1);
    const memberId = memberOnce(held.customer);
    this.#ask(id, 'release', async ({ redemptions }, process) =>
      redemptions.release(PROGRAM, await memberId(process), held.id),
    );
  }

  #referral(id: string): void {
    const referrer = this.#random.pick(this.#customers);
    const friend = `c${this.#customers.length}`;
    this.#customers.push(friend);
    if (this.#customers.length > 30) this.#customers.splice(0, 1);
    this.#ask(id, 'referral', async ({ referrals, ledger }) => {
      const { code } = await referrals.overview(PROGRAM, await ledger.enrol(PROGRAM, referrer));
      return { item: (await referrals.accept(PROGRAM, await ledger.enrol(PROGRAM, friend), { code })).item.id };
    });
  }

  #extend(id: string): void {
    const customer = this.#customer();
    const memberId = memberOnce(customer);
    let lastDay: string | undefined;
    this.#ask(id, 'extend', async ({ ledger }, process) => {
      const member = await memberId(process);
      const { account } = await ledger.readAccount(PROGRAM, member);
      lastDay ??= account.balance.expiring[0]?.lastDay ?? '2026-02-01';
      return ledger.extendLots(PROGRAM, member, { lastDay }, id);
    });
  }

  #publish(id: string): void {
    const document = documentOf(this.#random.pick(RULES));
    const effectiveAt = this.#now() + this.#random.int(12, 10 * 24) * 60 * MINUTE;
    this.#ask(id, 'publish', async ({ programs }) => {
      const { version } = await programs.apply(document, effectiveAt);
      return { order: `version ${version}` };
    });
  }

  #staff(kind: 'adjust' | 'pin' | 'benefit' | 'coupon' | 'join' | 'merge' | 'unmerge' | 'erase', id: string): void {
    const customer = this.#customer();
    const reason = id;
    switch (kind) {
      case 'adjust': {
        const points = this.#random.int(-60, 90) || 1;
        this.adjustments.set(id, points);
        this.#ask(id, kind, ({ ledger }) => ledger.postAdjustment(PROGRAM, customer, { points, reason }, id));
        return;
      }
      case 'pin': {
        const tier = this.#random.pick(['silver', 'gold', null]);
        const until = new Date(this.#now() + this.#random.int(2, 40) * DAY).toISOString().slice(0, 10);
        const pin = tier === null ? { tier, reason } : { tier, until, reason };
        this.#ask(id, kind, ({ ledger }) => ledger.pinTier(PROGRAM, customer, pin, id));
        return;
      }
      case 'benefit':
        this.#ask(id, kind, ({ ledger }) => ledger.useBenefit(PROGRAM, customer, 'gift', { id }));
        return;
      case 'coupon':
        this.#ask(
          id,
          kind,
          ({ redemptions }) => redemptions.issueCoupon(PROGRAM, 'for-you', { memberId: customer, reason }, id),
          (value) => {
            const { coupon } = value as { coupon: { id: string; code?: string } };
            if (coupon.code) this.#codes.push({ customer, code: coupon.code, id: coupon.id });
          },
        );
        return;
      case 'join': {
        const birthday = `0${this.#random.int(3, 5)}-${this.#random.int(10, 28)}`;
        this.#ask(id, kind, async ({ members }) => {
          const request = { source: 'checkout', consents: [], birthday };
          await members.join(PROGRAM, customer, request, { statement: 'at the till' });
        });
        return;
      }
      case 'merge': {
        const into = this.#customer();
        if (into === customer) return;
        this.#ask(id, kind, ({ members }) => members.merge(PROGRAM, customer, { into, reason }, id));
        return;
      }
      case 'unmerge':
        this.#ask(id, kind, ({ members }) => members.unmerge(PROGRAM, customer, reason, id));
        return;
      case 'erase':
        this.#ask(id, kind, async ({ members, ledger }) => {
          await members.erase(PROGRAM, await ledger.memberIdOf(PROGRAM, customer), reason);
        });
    }
  }
}

/** The member whom a customer's page signed in as when it first asked: it asks again as the same. */
function memberOnce(customer: string): (process: ServerProcess) => Promise<string> {
  let known: string | undefined;
  return async ({ services }) => (known ??= await services.ledger.memberIdOf(PROGRAM, customer));
}
