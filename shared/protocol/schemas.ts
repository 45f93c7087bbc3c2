/**
 * The shapes on the wire, once: requests are validated with these, and the OpenAPI document is generated from them.
 * Only the server imports this file; pages import the types from `api.ts`, which weigh nothing.
 */
export * from './schemas/answers.ts';
export * from './schemas/challenges.ts';
export * from './schemas/events.ts';
export * from './schemas/fields.ts';
export * from './schemas/incoming-webhooks.ts';
export * from './schemas/members.ts';
export * from './schemas/occasions.ts';
export * from './schemas/program.ts';
export * from './schemas/program-changes.ts';
export * from './schemas/quote.ts';
export * from './schemas/redemptions.ts';
export * from './schemas/referrals.ts';
export * from './schemas/requests.ts';
export * from './schemas/tiers.ts';
export * from './schemas/webhooks.ts';
