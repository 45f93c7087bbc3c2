import { earnForEvent } from '../../../shared/domain/earning.ts';
import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { UseLimit } from '../../../shared/domain/limits.ts';
import type { Program } from '../../../shared/domain/program.ts';
import { tierOf } from '../../../shared/domain/tiers.ts';
import { localDateOf } from '../../../shared/domain/time.ts';
import type { EventRequest } from '../../../shared/protocol/api.ts';
import { sealOf } from '../../database/seal.ts';
import {
  type Command,
  contentHashOf,
  MERCHANT,
  type Needs,
  type Outcome,
  refuseFuture,
  rememberKey,
  replayOf,
} from '../commands.ts';
import type { EventRow } from '../rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import type { Unit } from '../unit/unit.ts';
import type { UseSubject } from '../unit/uses.ts';
import { accrue, standingAt } from './accrue.ts';
import { afterFact } from './consequences.ts';
import { countUses, usesOfLimits } from './count-uses.ts';

/**
 * Accrues what a fact other than an order earns, in one entry, or in none where no rule gives anything for it. Its own id
 * makes it idempotent.
 */
export function postEvent(event: EventRequest, idempotencyKey?: string): Command {
  const { memberId: customerId, ...fact } = event;
  const key = idempotencyKey === undefined ? {} : { key: { caller: MERCHANT, text: idempotencyKey } };
  return eventCommand(fact, { customerId, ...key }, (unit) => unit.customer(customerId));
}

/** As {@link postEvent}, for what the server itself saw a member do. */
export function postOwnEvent(memberId: string, fact: EventFact): Command {
  return eventCommand(fact, { memberId }, (unit) => {
    const member = unit.membersById.get(memberId);
    if (!member) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
    return member;
  });
}

export type EventFact = Omit<EventRequest, 'memberId'>;

/** Whether anything in a program hangs on events of a type. */
export function heeds({ earning, coupons, challenges }: Program, type: string): boolean {
  return (
    earning.rules.some((rule) => rule.kind === 'per_event' && rule.event === type) ||
    coupons.some(({ trigger }) => trigger.kind === 'event' && trigger.event === type) ||
    challenges.some(
      ({ goal }) => ('of' in goal && goal.of === type) || (goal.kind === 'set' && goal.items.includes(type)),
    )
  );
}

function eventCommand(
  event: EventFact,
  who: Pick<Needs, 'customerId' | 'memberId' | 'key'>,
  memberIn: (unit: Unit) => MemberState,
): Command {
  const occurredAt = Date.parse(event.occurredAt);
  const { id, type } = event;
  // By name, so that the same data in another order is the same event.
  const data = Object.entries(event.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const contentHash = contentHashOf(['event', id, type, who.customerId ?? who.memberId, occurredAt, data]);
  const needs = { ...who, eventId: id, occurredAt };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash) ?? replayOfEvent(unit, id, contentHash);
      if (replay) return replay;
      refuseFuture(occurredAt, unit.now, '/occurredAt');
      const member = memberIn(unit);
      unit.enrol(member);
      const { tierId: tierBefore } = standingAt(unit, member, occurredAt);
      const seq = accrueEvent(unit, member, { id, type, occurredAt });
      const row = eventRow(unit, member.memberId, { id, type, occurredAt, seq, contentHash });
      unit.events.set(id, row);
      unit.newEvents.push(row);
      afterFact(unit, member, { type, id, occurredAt, seq, tierBefore, data: event.data ?? {} });
      const { memberId, customerId } = member;
      const outcome = { memberId, customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}

function replayOfEvent(unit: Unit, eventId: string, contentHash: string): Outcome | null {
  const known = unit.events.get(eventId);
  if (!known) return null;
  if (known.content_hash !== contentHash) {
    throw new LoyaltyError('idempotency_conflict', 'This event was posted before with other content.', [
      { pointer: '/id', detail: 'an event id that was not used, or the same content as before' },
    ]);
  }
  const customerId = unit.membersById.get(known.member_id)?.customerId ?? '';
  return { memberId: known.member_id, customerId, seq: known.seq, replayed: true };
}

interface OccurredEvent {
  readonly id: string;
  readonly type: string;
  readonly occurredAt: number;
}

function accrueEvent(unit: Unit, member: MemberState, { id, type, occurredAt }: OccurredEvent): number {
  const { program } = unit.versionAt(occurredAt);
  const day = localDateOf(occurredAt, program.timeZone);
  const { points, qualifying, parts } = earnForEvent(program.earning, type, {
    tierId: tierOf(program.tiers.ladder, standingAt(unit, member, occurredAt)).id,
    day,
    used: (subject: UseSubject, limit: UseLimit) => unit.uses.used(member.memberId, subject, limit, day),
  });
  if (points === 0) return 0;
  const seq = accrue(unit, member, { points, qualifying, occurredAt, event: id, reason: type, parts });
  countUses(unit, member, usesOfLimits(program.earning, { parts, campaigns: [], day }));
  return seq;
}

function eventRow(
  unit: Unit,
  memberId: string,
  { id, type, occurredAt, seq, contentHash }: OccurredEvent & { readonly seq: number; readonly contentHash: string },
): EventRow {
  const columns = {
    program_id: unit.programId,
    event_id: id,
    member_id: memberId,
    type,
    seq,
    occurred_at: occurredAt,
    recorded_at: unit.now,
    content_hash: contentHash,
  };
  return { ...columns, digest: sealOf(Object.values(columns)) };
}
