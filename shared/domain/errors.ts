/**
 * Every expected refusal of the system, with the HTTP status that carries it. The codes are protocol:
 * they never change meaning, and clients choose their words by them.
 */
export const ERROR_STATUS = {
  invalid_request: 400,
  idempotency_key_missing: 400,
  unauthorized: 401,
  invalid_token: 401,
  fresh_token_required: 401,
  forbidden: 403,
  origin_not_allowed: 403,
  not_found: 404,
  program_not_found: 404,
  member_not_found: 404,
  order_not_found: 404,
  survey_not_found: 404,
  program_version_not_found: 404,
  tier_not_found: 404,
  benefit_not_found: 404,
  consent_purpose_not_found: 404,
  confirmation_not_found: 404,
  merge_not_found: 404,
  endpoint_not_found: 404,
  delivery_not_found: 404,
  reward_not_found: 404,
  redemption_not_found: 404,
  coupon_not_found: 404,
  referral_not_offered: 404,
  referral_code_not_found: 404,
  referral_not_found: 404,
  method_not_allowed: 405,
  insufficient_points: 409,
  survey_already_answered: 409,
  program_version_planned: 409,
  program_version_in_force: 409,
  tier_not_pinned: 409,
  extension_not_available: 409,
  birthday_locked: 409,
  consent_text_outdated: 409,
  merge_refused: 409,
  endpoint_limit: 409,
  tier_too_low: 409,
  out_of_stock: 409,
  limit_reached: 409,
  not_now: 409,
  redemption_closed: 409,
  referral_self: 409,
  referral_not_new: 409,
  referral_taken: 409,
  referral_settled: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  idempotency_conflict: 422,
  currency_not_supported: 422,
  refund_exceeds_order: 422,
  code_not_valid: 422,
  points_overflow: 422,
  endpoint_refused: 422,
  event_invalid: 422,
  program_invalid: 422,
  rate_limited: 429,
  unavailable: 503,
} as const;

export type LoyaltyErrorCode = keyof typeof ERROR_STATUS;

/** One fault in a request: `pointer` is a JSON Pointer (RFC 6901) to the field, `detail` what would be right. */
export interface FieldFault {
  readonly pointer: string;
  readonly detail: string;
}

/** An expected refusal. Any other thrown error is a bug. */
export class LoyaltyError extends Error {
  readonly code: LoyaltyErrorCode;
  readonly faults: readonly FieldFault[];

  constructor(code: LoyaltyErrorCode, detail: string, faults: readonly FieldFault[] = []) {
    super(detail);
    this.name = 'LoyaltyError';
    this.code = code;
    this.faults = faults;
  }
}
