import { isDeepStrictEqual } from 'node:util';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { OrderRequest, WebhookAnswer } from '../../../shared/protocol/api.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { eventInvalid } from './amounts.ts';
import { type OrderFact, targetOf } from './facts.ts';
import type { OrderFacts } from './order-facts.ts';
import type { PrivacyRequests } from './privacy-requests.ts';
import type { Reading } from './reading.ts';
import { readShopify } from './shopify.ts';
import { type Delivery, isSigned, type Platform } from './signatures.ts';
import type { WebhookSources } from './sources.ts';
import { readStandard } from './standard.ts';
import { readWooCommerce } from './woocommerce.ts';

/** Takes what platforms tell of a shop's orders. */
export interface IncomingWebhooks {
  /**
   * Takes one delivery. However often an event comes, in whatever order and at however many servers, it has one effect.
   *
   * @throws {LoyaltyError} `unauthorized` for a signature that is not good; `event_invalid`; for a shop's own events also
   *   what the ledger refuses.
   */
  receive(programId: string, platform: Platform, delivery: Delivery): Promise<WebhookAnswer>;
}

export interface IncomingWebhookParts {
  readonly ledger: Ledger;
  readonly sources: WebhookSources;
  readonly facts: OrderFacts;
  readonly privacy: PrivacyRequests;
  readonly clock: () => Instant;
}

export function createIncomingWebhooks(parts: IncomingWebhookParts): IncomingWebhooks {
  const { ledger, sources, facts, privacy, clock } = parts;

  async function isGenuine(programId: string, platform: Platform, delivery: Delivery): Promise<boolean> {
    const now = clock();
    if (isSigned(platform, delivery, await sources.secrets(programId, platform, false), now)) return true;
    // A secret that was set a moment ago, maybe at another server.
    return isSigned(platform, delivery, await sources.secrets(programId, platform, true), now);
  }

  async function post(programId: string, order: OrderRequest): Promise<{ readonly replayed: boolean }> {
    try {
      return await ledger.postOrder(programId, order);
    } catch (error) {
      // What was refused is not known: it may come again, and be right then.
      if (error instanceof LoyaltyError && error.code !== 'unavailable') await facts.withdraw(programId, order.id);
      throw error;
    }
  }

  /** Brings the ledger to where an order's facts say it should be. */
  async function settle(programId: string, orderId: string, known: readonly OrderFact[]): Promise<WebhookAnswer> {
    const target = targetOf(known);
    if (!target) return { outcome: 'waiting' };
    const { replayed } = await post(programId, target.order);
    if (known.length > 1) await facts.keep(programId, orderId);
    const settled = target.refund ? await ledger.settleRefunds(programId, orderId, target.refund) : { replayed: true };
    return { outcome: replayed && settled.replayed ? 'unchanged' : 'applied' };
  }

  async function take(
    programId: string,
    platform: Platform,
    { orderId, facts: told }: Extract<Reading, { facts: unknown }>,
  ): Promise<WebhookAnswer> {
    refuseFutureFacts(platform, told, clock());
    const known = await facts.add(programId, orderId, told);
    if (platform === 'standard') refuseOtherContent(told, known);
    try {
      return await settle(programId, orderId, known);
    } catch (error) {
      const isUnsupported = error instanceof LoyaltyError && error.code === 'currency_not_supported';
      // A platform takes its webhook out of service for refusals that it can do nothing about.
      if (isUnsupported && platform !== 'standard') return { outcome: 'skipped', reason: 'currency_not_supported' };
      throw error;
    }
  }

  return {
    async receive(programId, platform, delivery) {
      if (platform === 'woocommerce' && isPing(delivery)) return { outcome: 'skipped', reason: 'ping' };
      if (!(await isGenuine(programId, platform, delivery))) {
        throw new LoyaltyError('unauthorized', 'The signature is not one of a secret that was set for this platform.');
      }
      const reading = read(platform, delivery, clock());
      if ('skipped' in reading) return { outcome: 'skipped', reason: reading.skipped };
      if ('facts' in reading) return take(programId, platform, reading);
      await privacy.record(programId, platform, reading.privacy);
      return { outcome: 'recorded' };
    },
  };
}

function read(platform: Platform, { body, header }: Delivery, now: Instant): Reading {
  const event = jsonOf(body);
  if (platform === 'shopify') return readShopify(header('x-shopify-topic') ?? header('shopify-topic'), event);
  if (platform === 'woocommerce') return readWooCommerce(header('x-wc-webhook-topic'), event, now);
  return readStandard(event);
}

/** WooCommerce tries the address when a webhook is made, before it signs anything. Nothing follows from it. */
function isPing({ body }: Delivery): boolean {
  return body.length <= 32 && /^webhook_id=\d{1,20}$/.test(Buffer.from(body).toString('latin1'));
}

const decoder = new TextDecoder('utf-8', { fatal: true });

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(body));
  } catch {
    throw eventInvalid('', 'a JSON document (RFC 8259) in UTF-8');
  }
}

/** A sender's clock may be ahead of ours by this much, as with orders that are posted. */
const AHEAD_MS_MAX = 86_400_000;

/** Where each platform's events have their dates. */
const DATE_POINTERS: Readonly<Record<Platform, Readonly<Record<string, string>>>> = {
  shopify: { paid: '/processed_at', refund: '/created_at', state: '/cancelled_at' },
  woocommerce: { paid: '/date_created_gmt', refunded: '/date_modified_gmt', state: '/date_modified_gmt' },
  standard: { paid: '/data/placedAt', refunded: '/data/refundedAt', state: '/data/cancelledAt' },
};

/** Before anything is kept: a fact of a far day would stand in the way of every later one. */
function refuseFutureFacts(platform: Platform, told: readonly OrderFact[], now: Instant): void {
  for (const fact of told) {
    const at = fact.name === 'paid' ? fact.order.placedAt : fact.at;
    if (Date.parse(at) <= now + AHEAD_MS_MAX) continue;
    const pointer = DATE_POINTERS[platform][fact.name.split(' ', 1)[0] ?? ''] ?? '';
    throw eventInvalid(pointer, 'a date that is not more than a day ahead of now');
  }
}

/** A shop's own server learns at once that it says two things of one order, as it does when it posts orders. */
function refuseOtherContent(told: readonly OrderFact[], known: readonly OrderFact[]): void {
  const paid = told.find(({ name }) => name === 'paid');
  const first = known.find(({ name }) => name === 'paid');
  if (!paid || isDeepStrictEqual(paid, first)) return;
  throw new LoyaltyError('idempotency_conflict', 'This order was posted before with other content.', [
    { pointer: '/data/id', detail: 'an order id that was not used, or the same content as before' },
  ]);
}
