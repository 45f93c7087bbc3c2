import type { ProgramVersion } from '../../shared/domain/program.ts';
import { periodStart } from '../../shared/domain/tiers.ts';
import { type Instant, type LocalDate, localDateOf } from '../../shared/domain/time.ts';
import type { Transaction } from '../database/database.ts';
import type { Command } from './commands.ts';
import {
  keysByText,
  lotBySeq,
  membersByCustomer,
  membersById,
  openLots,
  ordersById,
  qualifyingDays,
  refundsByOrder,
} from './rows.ts';
import { callerKey, lotOf, type MemberState, refundKey, Unit } from './unit.ts';

/**
 * Reads all that a group of commands needs, in one statement a table however many commands there are; what does not hang
 * on each other is asked for at once.
 */
export async function loadUnit(
  tx: Transaction,
  programId: string,
  programVersions: Promise<readonly ProgramVersion[]>,
  commands: readonly Command[],
  now: Instant,
): Promise<Unit> {
  const needs = commands.map((command) => command.needs);
  const scope = { programId };
  const orderIds = distinct(needs.map(({ orderId }) => orderId));
  const takingOrders = distinct(needs.filter(({ lots }) => lots).map(({ orderId }) => orderId));
  const customerIds = distinct(needs.map(({ customerId }) => customerId));
  const keysOf = (caller: string) => {
    const texts = distinct(needs.map(({ key }) => (key?.caller === caller ? key.text : undefined)));
    return tx.allIn(keysByText, { ...scope, caller }, texts);
  };
  const [versions, orders, refunds, members, keys] = await Promise.all([
    programVersions,
    tx.allIn(ordersById, scope, orderIds),
    tx.allIn(refundsByOrder, scope, takingOrders),
    tx.allIn(membersByCustomer, scope, customerIds),
    Promise.all(distinct(needs.map(({ key }) => key?.caller)).map(keysOf)),
  ]);

  const unit = new Unit(programId, versions, now);
  for (const row of orders) unit.orders.set(row.order_id, row);
  for (const row of refunds) unit.refunds.set(refundKey(row.order_id, row.refund_id), row);
  for (const row of keys.flat()) unit.keys.set(callerKey(row.caller, row.idempotency_key), row);
  for (const row of members) unit.load(row);
  const memberIds = distinct([
    ...needs.map(({ memberId }) => memberId),
    ...orders.map((order) => order.member_id),
  ]).filter((memberId) => !unit.membersById.has(memberId));
  for (const row of await tx.allIn(membersById, scope, memberIds)) unit.load(row);

  const instants = needs.map(({ occurredAt }) => occurredAt ?? now);
  await Promise.all([loadDays(tx, unit, instants), loadLots(tx, unit, commands)]);
  return unit;
}

/** Qualifying points of every day that a command of the group can look at or change. */
async function loadDays(tx: Transaction, unit: Unit, instants: readonly Instant[]): Promise<void> {
  const memberIds = [...unit.membersById.keys()];
  if (memberIds.length === 0) return;
  const earliest = Math.min(...instants);
  const placed = Math.min(...[...unit.orders.values()].map((order) => order.placed_at), earliest);
  const reviews = [...unit.membersById.values()].map(({ standing }) => standing.reviewAt - 1);
  const { program } = unit.versionAt(earliest);
  const day = (instant: Instant): LocalDate => localDateOf(instant, program.timeZone);
  const periods = unit.versions.map(({ program: { tiers } }) =>
    periodStart(tiers, day(Math.min(earliest, ...reviews))),
  );
  const from = [day(placed), ...periods].sort()[0] as LocalDate;
  for (const row of await tx.allIn(qualifyingDays, { programId: unit.programId, from }, memberIds)) {
    unit.membersById.get(row.member_id)?.days.set(row.day, row.points);
  }
}

/** The open lots of members from whom a command takes, and a refunded order's own lot even when it is spent. */
async function loadLots(tx: Transaction, unit: Unit, commands: readonly Command[]): Promise<void> {
  const taking = new Set<MemberState>();
  const ownLots: { member: MemberState; seq: number }[] = [];
  for (const { needs } of commands) {
    if (!needs.lots) continue;
    const order = needs.orderId === undefined ? undefined : unit.orders.get(needs.orderId);
    const member =
      unit.membersById.get(needs.memberId ?? order?.member_id ?? '') ??
      unit.membersByCustomer.get(needs.customerId ?? '');
    if (!member) continue;
    taking.add(member);
    if (order) ownLots.push({ member, seq: order.seq });
  }
  const memberIds = [...taking].map(({ memberId }) => memberId);
  for (const row of await tx.allIn(openLots, { programId: unit.programId, isOpen: 1 }, memberIds)) {
    unit.membersById.get(row.member_id)?.lots.set(row.seq, lotOf(row));
  }
  for (const { member, seq } of ownLots) {
    if (member.lots.has(seq)) continue;
    const rows = await tx.all(lotBySeq, { programId: unit.programId, memberId: member.memberId, seq });
    for (const row of rows) member.lots.set(seq, lotOf(row));
  }
  for (const member of taking) member.lotsLoaded = true;
}

function distinct<T>(values: readonly (T | undefined)[]): T[] {
  return [...new Set(values)].filter((value) => value !== undefined);
}
