import * as v from 'valibot';
import { normalizedCode } from '../../../shared/domain/codes.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { shopIdSchema, type skipReasonSchema } from '../../../shared/protocol/schemas.ts';
import { check } from '../../http/faults.ts';
import type { Schema } from '../../http/route.ts';
import { AMOUNT_PATTERN } from './amounts.ts';
import type { OrderFact } from './facts.ts';

export type SkipReason = v.InferOutput<typeof skipReasonSchema>;

/** What a platform's law has it ask of everybody who keeps data of its customers. */
export interface PrivacyRequest {
  readonly kind: 'export' | 'erasure' | 'shop_erasure';
  /** `null` where the request is about everybody. */
  readonly customerId: string | null;
  /** Tells one request from another where the platform numbers them. */
  readonly reference: string | null;
}

/** What an event says, in our words. */
export type Reading =
  | { readonly orderId: string; readonly facts: readonly OrderFact[] }
  | { readonly skipped: SkipReason }
  | { readonly privacy: PrivacyRequest };

/** Checks an event's shape. What a platform adds to it is left alone. @throws {LoyaltyError} `event_invalid`. */
export function readShape<S extends Schema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = check(schema, value);
  if ('value' in result) return result.value as v.InferOutput<S>;
  const [only] = result.faults;
  const where = result.faults.length === 1 ? ` at ${only?.pointer || 'its root'}` : 's';
  throw new LoyaltyError(
    'event_invalid',
    `The event has ${where === 's' ? 'fault' : 'a fault'}${where}.`,
    result.faults,
  );
}

/** A platform's number of something; some send it as text. */
export const numberId = v.pipe(
  v.union(
    [v.pipe(v.number(), v.safeInteger(), v.minValue(1)), v.pipe(v.string(), v.regex(/^[1-9]\d{0,19}$/))],
    'a whole number, or its digits as text',
  ),
  v.transform(String),
);

export const amountText = v.pipe(v.string(), v.regex(AMOUNT_PATTERN, 'an amount as text, such as "199.00"'));

/** The first of some names of an article that can be one. */
export function skuOf(...candidates: readonly (string | null | undefined)[]): string {
  return candidates.find((candidate) => candidate && v.is(shopIdSchema, candidate)) ?? 'unnamed';
}

const CODE_COUNT_MAX = 20;
const CODES_TEXT_MAX = 4_096;

/** The codes of rewards and coupons in some texts, each once; the shop's own codes are of no interest here. */
export function codesIn(texts: readonly unknown[]): { readonly redemptionCodes?: string[] } {
  const codes = new Set<string>();
  for (const text of texts) {
    if (typeof text !== 'string' || text.length > CODES_TEXT_MAX) continue;
    for (const part of text.split(/[,;|\n]+/)) {
      const code = normalizedCode(part);
      if (code !== null) codes.add(code);
    }
  }
  return codes.size === 0 ? {} : { redemptionCodes: [...codes].slice(0, CODE_COUNT_MAX) };
}
