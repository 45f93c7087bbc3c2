import { countsRewards, hasLimits, type ProgramVersion } from '../../../shared/domain/program.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { Transaction } from '../../database/database.ts';
import type { RedemptionCodes } from '../../redemptions/codes.ts';
import { loadReferrals } from '../commands/reward-referral.ts';
import { loadChallenges } from '../commands/step-challenges.ts';
import type { Command } from '../commands.ts';
import { lotsBySeq } from '../redemption-rows.ts';
import {
  eventsById,
  keysByText,
  type LotRow,
  lotBySeq,
  membersByCustomer,
  membersById,
  openLots,
  ordersById,
  refundsByOrder,
  usesOf,
} from '../rows.ts';
import type { KeptMembers } from './kept-members.ts';
import { loadMergedLots, loadMerges, membersOfMerges } from './load-merges.ts';
import { lotOf, type MemberState } from './member-state.ts';
import { loadRedemptions, usesOf as lotUsesOf } from './redemption-book.ts';
import { callerKey, refundKey, Unit } from './unit.ts';

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
  codes: RedemptionCodes,
  keptMembers: KeptMembers | null,
): Promise<Unit> {
  const unit = new Unit(programId, await programVersions, now, codes);
  const needs = commands.map((command) => command.needs);
  const scope = { programId };
  const orderIds = distinct(needs.map(({ orderId }) => orderId));
  const takingOrders = distinct(needs.filter(({ lots }) => lots).map(({ orderId }) => orderId));
  const namedIds = distinct(needs.flatMap(({ customerId, peerCustomerId }) => [customerId, peerCustomerId]));
  const customerIds = keptMembers ? keptMembers.take(unit, namedIds) : namedIds;
  const eventIds = distinct(needs.map(({ eventId }) => eventId));
  const keysOf = (caller: string) => {
    const texts = distinct(needs.map(({ key }) => (key?.caller === caller ? key.text : undefined)));
    return tx.allIn(keysByText, { ...scope, caller }, texts);
  };
  const [orders, refunds, members, events, keys] = await Promise.all([
    tx.allIn(ordersById, scope, orderIds),
    tx.allIn(refundsByOrder, scope, takingOrders),
    tx.allIn(membersByCustomer, scope, customerIds),
    tx.allIn(eventsById, scope, eventIds),
    Promise.all(distinct(needs.map(({ key }) => key?.caller)).map(keysOf)),
  ]);

  for (const row of orders) unit.orders.set(row.order_id, row);
  for (const row of refunds) unit.refunds.set(refundKey(row.order_id, row.refund_id), row);
  for (const row of events) unit.events.set(row.event_id, row);
  for (const row of keys.flat()) unit.keys.set(callerKey(row.caller, row.idempotency_key), row);
  for (const row of members) unit.load(row);
  await loadRedemptions(tx, unit, commands);
  const memberIds = distinct([
    ...needs.map(({ memberId }) => memberId),
    ...orders.map((order) => order.member_id),
    ...events.map((event) => event.member_id),
    ...[...unit.redemptions.rows].map((redemption) => redemption.member_id),
  ]).filter((memberId) => !unit.membersById.has(memberId));
  for (const row of await tx.allIn(membersById, scope, memberIds)) unit.load(row);
  const referrerIds = distinct(await loadReferrals(tx, unit, commands)).filter((id) => !unit.membersById.has(id));
  for (const row of await tx.allIn(membersById, scope, referrerIds)) unit.load(row);
  await loadMerges(tx, unit);
  await loadChallenges(tx, unit, commands);

  await Promise.all([loadUses(tx, unit), loadLots(tx, unit, commands)]);
  return unit;
}

/** Only where a version of the program limits anything. */
async function loadUses(tx: Transaction, unit: Unit): Promise<void> {
  if (!unit.versions.some(({ program }) => hasLimits(program) || countsRewards(program))) return;
  const memberIds = [...unit.membersById.keys()];
  for (const row of await tx.allIn(usesOf, { programId: unit.programId }, memberIds)) unit.uses.load(row);
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
    const peer = unit.membersByCustomer.get(needs.peerCustomerId ?? '');
    if (peer) taking.add(peer);
    if (order) ownLots.push({ member, seq: order.seq });
  }
  for (const { memberId, seq } of unit.ownLots) {
    const member = unit.membersById.get(memberId);
    if (!member) continue;
    taking.add(member);
    ownLots.push({ member, seq });
  }
  for (const row of unit.redemptions.rows) {
    const member = unit.membersById.get(row.member_id);
    if (member && row.returned_points < row.points) taking.add(member);
  }
  for (const member of membersOfMerges(unit)) taking.add(member);
  // Whatever a member does moves the expiry of all his lots.
  if (unit.versions.some(({ program }) => program.expiry.kind === 'after_inactivity')) {
    for (const member of unit.membersById.values()) taking.add(member);
  }
  const { programId } = unit;
  const memberIds = [...taking].map(({ memberId }) => memberId);
  for (const row of await tx.allIn(openLots, { programId, isOpen: 1 }, memberIds)) keepLot(unit, row);
  for (const { member, seq } of ownLots) {
    if (member.lots.has(seq)) continue;
    const key = { programId, memberId: member.memberId, seq, open: 1, closed: 0 };
    for (const row of await tx.all(lotBySeq, key)) keepLot(unit, row);
  }
  await loadPaidLots(tx, unit);
  await loadMergedLots(tx, unit, commands, (row) => keepLot(unit, row));
  for (const member of taking) member.lotsLoaded = true;
}

/** The lots that redemptions took from: their points may come back, also to one that is spent. */
async function loadPaidLots(tx: Transaction, unit: Unit): Promise<void> {
  const missing = new Map<MemberState, Set<number>>();
  for (const row of unit.redemptions.rows) {
    const member = unit.membersById.get(row.member_id);
    if (!member || row.returned_points === row.points) continue;
    for (const { lot } of lotUsesOf(row)) {
      if (!member.lots.has(lot)) missing.set(member, (missing.get(member) ?? new Set<number>()).add(lot));
    }
  }
  for (const [{ memberId }, seqs] of missing) {
    const key = { programId: unit.programId, memberId, open: 1, closed: 0 };
    for (const row of await tx.allIn(lotsBySeq, key, [...seqs])) keepLot(unit, row);
  }
}

function keepLot(unit: Unit, row: LotRow): void {
  const member = unit.membersById.get(row.member_id);
  member?.lots.set(row.seq, lotOf(row, member.inactiveAt));
  member?.storedOpen.set(row.seq, row.is_open === 1);
}

function distinct<T>(values: readonly (T | undefined)[]): T[] {
  return [...new Set(values)].filter((value) => value !== undefined);
}
