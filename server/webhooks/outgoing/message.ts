import { formatInstant, type Instant } from '../../../shared/domain/time.ts';

/** A message's body (Standard Webhooks 1.0.0): the same text at every attempt. */
export function messageBody(type: string, occurredAt: Instant, customerId: string | null, data: string): string {
  const told = { memberId: customerId, ...(JSON.parse(data) as object) };
  return JSON.stringify({ type, timestamp: formatInstant(occurredAt), data: told });
}
