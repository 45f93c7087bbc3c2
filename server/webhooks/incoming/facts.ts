import type { OrderRequest } from '../../../shared/protocol/api.ts';
import { share } from './amounts.ts';

/**
 * What is known of one order, in the same words for every platform. Facts of an order are a set that only grows (of two
 * with one name the higher `rank` counts), and what follows from them does not depend on the order in which they came.
 */
export type OrderFact =
  | {
      readonly name: 'paid';
      readonly rank: 0;
      readonly order: OrderRequest;
      /** The lines once more, by the platform's ids of lines, for refunds that name them. */
      readonly lines?: readonly OrderedLine[];
      /** What the customer paid for the lines, with tax. */
      readonly grossMinor?: number;
    }
  /** How much of the net value was refunded in all: `rank` says it. */
  | { readonly name: 'refunded'; readonly rank: number; readonly at: string }
  /** One refund of a platform that tells of each by itself. */
  | {
      readonly name: `refund ${string}`;
      readonly rank: 0;
      readonly at: string;
      readonly lines: readonly { readonly id: string; readonly quantity: number }[];
      /** What was refunded beyond (or, negative, short of) the lines' value, with tax. */
      readonly otherMinor: number;
    }
  /** Whether the order stands; the latest `rank` counts, and at the same instant the cancellation. */
  | { readonly name: 'state'; readonly rank: number; readonly at: string; readonly isCancelled: boolean };

export interface OrderedLine {
  readonly id: string;
  readonly quantity: number;
  readonly netMinor: number;
}

/** Where the ledger should be. */
export interface Target {
  readonly order: OrderRequest;
  /** Net value that is refunded by now; `null` when nothing is. */
  readonly refund: { readonly totalMinor: number; readonly at: string } | null;
}

/** What follows from an order's facts; `null` while its payment is not known. */
export function targetOf(facts: readonly OrderFact[]): Target | null {
  const paid = facts.find((fact) => fact.name === 'paid');
  if (!paid) return null;
  const { order } = paid;
  const net = order.lines.reduce((sum, { netMinor }) => sum + netMinor, 0);
  const state = facts.find((fact) => fact.name === 'state');
  if (state?.isCancelled) return { order, refund: { totalMinor: net, at: state.at } };
  const refunded = facts.find((fact) => fact.name === 'refunded');
  const refunds = facts.filter((fact) => isRefund(fact));
  const totalMinor = Math.min(net, (refunded?.rank ?? 0) + refundedByLines(paid, refunds, net));
  const latest = [refunded?.at, ...refunds.map(({ at }) => at)]
    .filter((at) => at !== undefined)
    .sort(byInstant)
    .at(-1);
  return { order, refund: latest === undefined ? null : { totalMinor, at: latest } };
}

type PaidFact = Extract<OrderFact, { readonly name: 'paid' }>;
type RefundFact = Extract<OrderFact, { readonly otherMinor: number }>;

const isRefund = (fact: OrderFact): fact is RefundFact => fact.name.startsWith('refund ');

const byInstant = (a: string, b: string) => Date.parse(a) - Date.parse(b);

/**
 * What single refunds come to: of each line the part that came back, in however many pieces; and what was paid back beyond
 * or short of that, where no refund comes to less than nothing, so that one more never makes the sum smaller.
 */
function refundedByLines({ lines, grossMinor }: PaidFact, refunds: readonly RefundFact[], net: number): number {
  const ordered = new Map((lines ?? []).map((line) => [line.id, { line, returned: 0 }]));
  let total = 0;
  for (const refund of refunds) {
    let value = 0;
    for (const { id, quantity } of refund.lines) {
      const known = ordered.get(id);
      // A line that was added after the payment earned nothing.
      if (!known) continue;
      known.returned += quantity;
      value += valueOf(known.line, quantity);
    }
    total += Math.max(-value, share(net, refund.otherMinor, grossMinor ?? net));
  }
  for (const { line, returned } of ordered.values()) total += valueOf(line, returned);
  return total;
}

const valueOf = ({ netMinor, quantity }: OrderedLine, returned: number) =>
  share(netMinor, Math.min(returned, quantity), quantity);
