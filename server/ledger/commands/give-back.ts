import type { UseLimit } from '../../../shared/domain/limits.ts';
import type { Lot } from '../../../shared/domain/lots.ts';
import { debtPayments, returnsOf, withGrace } from '../../../shared/domain/returning.ts';
import { type Instant, type LocalDate, localDateOf } from '../../../shared/domain/time.ts';
import { Deferred } from '../commands.ts';
import type { RedemptionRow } from '../redemption-rows.ts';
import type { MemberState } from '../unit/member-state.ts';
import { type RedemptionStep, usesOf } from '../unit/redemption-book.ts';
import type { Unit } from '../unit/unit.ts';
import { standingAt } from './accrue.ts';

/** Why points of a redemption come back, and when. */
export interface Back {
  readonly at: Instant;
  /** The shop has it so, not the member: see `withGrace`. */
  readonly isShops: boolean;
  readonly order?: string;
  readonly refund?: string;
  readonly reason?: string;
}

/** The member of a redemption, with all that its points may come back to. @throws {Deferred} where that was not read. */
export function redeemerOf(unit: Unit, row: RedemptionRow): MemberState {
  const member = unit.membersById.get(row.member_id);
  if (!member) throw new Deferred();
  if (row.returned_points === row.points) return member;
  if (!member.lotsLoaded || usesOf(row).some(({ lot }) => !member.lots.has(lot))) throw new Deferred();
  return member;
}

/**
 * Appends the entry that gives points of a redemption back to the lots that they came from; what the member owes by then
 * is paid from them first. Nobody is left to have those of an erased member.
 *
 * @returns Points that came back.
 */
export function giveBackPoints(unit: Unit, row: RedemptionRow, points: number, back: Back): number {
  const member = redeemerOf(unit, row);
  if (points === 0 || member.isErased) return 0;
  const { at, isShops, ...names } = back;
  const { version, program } = unit.versionAt(at);
  const lotOf = (seq: number): Lot => {
    const lot = member.lots.get(seq) as Lot;
    return lot.follows ? { ...lot, expiresAt: member.inactiveAt } : lot;
  };
  const taken = returnsOf(usesOf(row), row.returned_points, points);
  const returns = withGrace(taken, lotOf, { at: Math.max(at, unit.now), timeZone: program.timeZone, isShops });
  unit.append(
    member,
    {
      kind: 'reversal',
      points,
      qualifying: 0,
      occurredAt: at,
      recordedAt: unit.now,
      programVersion: version,
      redemption: row.redemption_id,
      reverses: row.seq,
      returns,
      uses: debtPayments(returns, lotOf, member.debt),
      ...names,
    },
    { standing: standingAt(unit, member, at) },
  );
  return points;
}

/** Ends a redemption: all that is left of its points comes back, and so do its piece of the stock and its use of the limit. */
export function giveBack(unit: Unit, row: RedemptionRow, state: RedemptionStep['state'], back: Back): RedemptionRow {
  const member = redeemerOf(unit, row);
  const points = giveBackPoints(unit, row, row.points - row.returned_points, back);
  const changed = unit.redemptions.step(row, { state, at: back.at }, { returned_points: row.returned_points + points });
  giveBackUse(unit, row);
  if (row.origin === 'reward') {
    const { redemption_id: redemption, reward_id: reward, order_id: order } = row;
    unit.tell(member, 'reward.released', back.at, { redemption, reward, state, points, ...(order && { order }) });
  }
  return changed;
}

function giveBackUse(unit: Unit, row: RedemptionRow): void {
  const { limit, day } = limitOf(unit, row) ?? {};
  if (!limit || !day) return;
  unit.uses.add(unit.programId, row.member_id, `reward:${row.reward_id}`, {
    limit,
    day,
    times: -1,
    points: -row.points,
  });
}

/** The limit that a reward had when it was redeemed, and the day that it counted on. */
export function limitOf(
  { versions }: Pick<Unit, 'versions'>,
  row: RedemptionRow,
): { readonly limit: UseLimit; readonly day: LocalDate } | null {
  const program = versions.find(({ version }) => version === row.program_version)?.program;
  const limit = row.origin === 'reward' && program?.rewards.find(({ id }) => id === row.reward_id)?.limit;
  return program && limit ? { limit, day: localDateOf(row.redeemed_at, program.timeZone) } : null;
}
