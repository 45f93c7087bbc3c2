import { ERROR_STATUS, LoyaltyError, type LoyaltyErrorCode } from '../../shared/domain/errors.ts';
import type { Problem } from '../../shared/protocol/api.ts';
import { RateLimited } from '../limits/rate-limited.ts';
import { type Answer, JSON_TYPE } from './route.ts';

/** Names the kind of problem, whatever the occasion. Public: clients may compare them. */
export const PROBLEM_TITLES: Readonly<Record<LoyaltyErrorCode, string>> = {
  invalid_request: 'The request has faults',
  idempotency_key_missing: 'An Idempotency-Key is needed',
  unauthorized: 'Credentials are needed',
  invalid_token: 'The token is not accepted',
  fresh_token_required: 'A token issued just now is needed',
  forbidden: 'Not allowed',
  origin_not_allowed: 'This page may not ask',
  not_found: 'Nothing is here',
  program_not_found: 'No such program',
  member_not_found: 'No such member',
  order_not_found: 'No such order',
  survey_not_found: 'No such survey',
  program_version_not_found: 'Program version not found',
  tier_not_found: 'No such tier',
  benefit_not_found: 'No such benefit',
  consent_purpose_not_found: 'No such purpose of consent',
  confirmation_not_found: 'Nothing to confirm',
  merge_not_found: 'No such merge',
  endpoint_not_found: 'No such webhook endpoint',
  delivery_not_found: 'No such delivery',
  reward_not_found: 'No such reward',
  redemption_not_found: 'No such redemption',
  coupon_not_found: 'No such coupon',
  referral_not_offered: 'The program has no referrals',
  referral_code_not_found: 'No such referral code',
  referral_not_found: 'No such referral',
  method_not_allowed: 'This method is not for this address',
  insufficient_points: 'Not enough points',
  tier_not_pinned: 'No tier is set by hand',
  extension_not_available: 'The expiry cannot be put off',
  survey_already_answered: 'The survey is answered already',
  program_version_planned: 'A version is planned',
  program_version_in_force: 'Version in force',
  birthday_locked: 'The birthday cannot be changed yet',
  consent_text_outdated: 'The text of the consent has changed',
  merge_refused: 'These members cannot be merged',
  endpoint_limit: 'Too many webhook endpoints',
  tier_too_low: 'For another tier',
  out_of_stock: 'Out of stock',
  limit_reached: 'The limit is reached',
  not_now: 'Not offered now',
  redemption_closed: 'The redemption is past that',
  referral_self: 'Nobody refers himself',
  referral_not_new: 'For new members only',
  referral_taken: 'The member came by another referral',
  referral_settled: 'Nothing is left to decide',
  payload_too_large: 'The request is too large',
  unsupported_media_type: 'The request is of another kind',
  idempotency_conflict: 'The key came with other content before',
  currency_not_supported: 'No earning rule for this currency',
  refund_exceeds_order: 'More than the order was worth',
  code_not_valid: 'The code is not valid',
  points_overflow: 'The number is too large',
  endpoint_refused: 'Messages cannot be sent there',
  program_invalid: 'The program has faults',
  event_invalid: 'The event has faults',
  rate_limited: 'Too many requests',
  unavailable: 'Not available for the moment',
};

/** What a caller without the right token is told (RFC 6750 3, RFC 9470 3); the bare scheme where nothing is here. */
const CHALLENGES: Partial<Record<LoyaltyErrorCode, string>> = {
  invalid_token: 'Bearer error="invalid_token"',
  fresh_token_required: 'Bearer error="insufficient_user_authentication", max_age="120"',
};

const typeOf = (code: string) => `https://laurel-loyalty.github.io/problems/${code}`;

/** RFC 6749 5.2: what a token endpoint says for each of our refusals. */
function oauthErrorOf(error: LoyaltyError): string {
  if (error.code === 'invalid_token') return 'invalid_grant';
  if (error.code === 'unauthorized') return 'invalid_client';
  if (error.code === 'unavailable' || error.code === 'rate_limited') return 'temporarily_unavailable';
  if (error.faults.some(({ pointer }) => pointer === '/grant_type')) return 'unsupported_grant_type';
  return 'invalid_request';
}

/** An expected refusal as RFC 9457 says it; for a token endpoint, together with what RFC 6749 5.2 wants. */
export function problemOf(error: LoyaltyError, requestId: string, isOAuth = false): Answer {
  const { code } = error;
  // A token endpoint answers 400 for a grant that is no good; 401 is about the client.
  const status = isOAuth && code === 'invalid_token' ? 400 : ERROR_STATUS[code];
  const problem: Problem = {
    type: typeOf(code),
    title: PROBLEM_TITLES[code],
    status,
    code,
    detail: error.message,
    instance: `urn:uuid:${requestId}`,
    ...(error.faults.length > 0 && { errors: error.faults.map(({ pointer, detail }) => ({ pointer, detail })) }),
  };
  const headers: Record<string, string> = { 'cache-control': 'no-store' };
  if (code === 'unavailable') headers['retry-after'] = '5';
  if (error instanceof RateLimited) Object.assign(headers, error.headers);
  if (status === 401) {
    headers['www-authenticate'] = CHALLENGES[code] ?? 'Bearer';
  }
  if (code === 'forbidden') headers['www-authenticate'] = 'Bearer error="insufficient_scope"';
  if (!isOAuth) return problemAnswer(status, problem, headers);
  const body = { error: oauthErrorOf(error), error_description: asciiOf(error.message), ...problem };
  return { status, body: JSON.stringify(body), headers: { 'content-type': JSON_TYPE, ...headers } };
}

/** A bug of ours: what broke stays in the log, under the request's id. */
export function internalProblem(requestId: string): Answer {
  return problemAnswer(
    500,
    {
      type: typeOf('internal'),
      title: 'Internal error',
      status: 500,
      code: 'internal',
      detail: 'Something went wrong on our side. Trying again with the same Idempotency-Key is safe.',
      instance: `urn:uuid:${requestId}`,
    },
    { 'cache-control': 'no-store' },
  );
}

function problemAnswer(status: number, problem: Problem, headers: Readonly<Record<string, string>>): Answer {
  return { status, body: JSON.stringify(problem), headers: { 'content-type': 'application/problem+json', ...headers } };
}

/** RFC 6749 5.2 allows printable ASCII without quotes and backslashes. */
function asciiOf(text: string): string {
  return text.replaceAll(/["\\]/g, "'").replaceAll(/[^\x20-\x7e]/g, '?');
}

/** A database that does not answer is a reason to try again, not a bug. */
export function unavailableOf(error: unknown): LoyaltyError | null {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code !== 'string') return null;
  if (!/^(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|ENOTFOUND|08...|57P..|53...|40001|40P01)$/.test(code)) return null;
  return new LoyaltyError('unavailable', 'The database does not answer. Trying again in a moment is safe.');
}
