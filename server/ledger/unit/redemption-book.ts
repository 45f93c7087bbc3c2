import type { LotUse } from '../../../shared/domain/lots.ts';
import { hasRedemptions } from '../../../shared/domain/program.ts';
import { hasCode, type RedemptionState } from '../../../shared/domain/redeeming.ts';
import type { Worth } from '../../../shared/domain/rewards.ts';
import { type Instant, NEVER } from '../../../shared/domain/time.ts';
import { type Transaction, WriteConflict } from '../../database/database.ts';
import { sealOf } from '../../database/seal.ts';
import type { Value } from '../../database/statement.ts';
import type { RedemptionCodes } from '../../redemptions/codes.ts';
import { couponIdsOf } from '../commands/coupon-ids.ts';
import type { Command } from '../commands.ts';
import {
  insertRedemptions,
  insertStock,
  type RedemptionRow,
  redemptionsByCode,
  redemptionsById,
  stockOf,
  updateRedemption,
  updateStock,
} from '../redemption-rows.ts';
import type { OrderRow } from '../rows.ts';
import type { Unit } from './unit.ts';

/** States in which it takes no piece of the stock and no use of the limit any more. */
export const GIVEN_BACK: ReadonlySet<string> = new Set(['released', 'lapsed', 'withdrawn', 'returned', 'cancelled']);

/** What a redemption is good for, frozen on the day on which it was made. */
export interface RedemptionTerms {
  readonly worth: Worth;
  readonly orderMinorMin?: number | undefined;
}

/** One step of a redemption's life. */
export interface RedemptionStep {
  readonly state: RedemptionState;
  readonly at: Instant;
  readonly carrier?: string | undefined;
  readonly tracking?: string | undefined;
}

/** What of a redemption can change. */
type Changes = Partial<
  Pick<RedemptionRow, 'held_until' | 'order_id' | 'used_minor' | 'unused_points' | 'returned_points'>
>;

/** Redemptions and stock as a group of commands sees and changes them. */
export class RedemptionBook {
  readonly #programId: string;
  readonly #codes: RedemptionCodes;
  readonly #rows = new Map<string, RedemptionRow>();
  readonly #idsByCode = new Map<string, string>();
  /** Seals of the changed ones as they are stored; `null` for new ones. */
  readonly #changed = new Map<string, string | null>();
  readonly #taken = new Map<string, { stored: number | null; now: number }>();

  constructor(programId: string, codes: RedemptionCodes) {
    this.#programId = programId;
    this.#codes = codes;
  }

  load(row: RedemptionRow): void {
    if (this.#rows.has(row.redemption_id)) return;
    this.#rows.set(row.redemption_id, row);
    this.#idsByCode.set(row.code_hash, row.redemption_id);
  }

  loadStock(rewardId: string, taken: number | null): void {
    if (!this.#taken.has(rewardId)) this.#taken.set(rewardId, { stored: taken, now: taken ?? 0 });
  }

  byId(redemptionId: string): RedemptionRow | undefined {
    return this.#rows.get(redemptionId);
  }

  /** By a code as it was typed. */
  byCode(typed: string): RedemptionRow | undefined {
    return this.#rows.get(this.#idsByCode.get(this.hashOf(typed)) ?? '');
  }

  hashOf(typed: string): string {
    return this.#codes.hashOf(this.#programId, typed);
  }

  get rows(): Iterable<RedemptionRow> {
    return this.#rows.values();
  }

  /** Keeps a new redemption, and takes its piece of the stock. */
  add(row: Omit<RedemptionRow, 'digest' | 'program_id' | 'code_hash'>): RedemptionRow {
    const codeHash = this.hashOf(this.#codes.codeFor(this.#programId, row.redemption_id));
    const sealed = sealNew(this.#programId, row, codeHash);
    this.load(sealed);
    this.#changed.set(row.redemption_id, null);
    if (row.takes_stock === 1) this.#stock(row.reward_id).now++;
    return sealed;
  }

  /** Takes a redemption a step further; one that is given back gives back its piece of the stock. */
  step(row: RedemptionRow, step: RedemptionStep, changes: Changes = {}): RedemptionRow {
    const history = JSON.stringify([...historyOf(row), step]);
    const heldUntil = step.state === 'held' ? row.held_until : NEVER;
    const changed = seal({ ...row, held_until: heldUntil, ...changes, state: step.state, history });
    this.#keep(row, changed);
    if (row.takes_stock === 1 && GIVEN_BACK.has(step.state) && !GIVEN_BACK.has(row.state)) {
      this.#stock(row.reward_id).now--;
    }
    return changed;
  }

  /** Changes a redemption that stays in its state. */
  change(row: RedemptionRow, changes: Changes): RedemptionRow {
    const changed = seal({ ...row, ...changes });
    this.#keep(row, changed);
    return changed;
  }

  /** Pieces of a reward that are taken. */
  takenOf(rewardId: string): number {
    return this.#stock(rewardId).now;
  }

  async write(tx: Transaction): Promise<void> {
    const rows = [...this.#changed].map(([id, before]) => ({ row: this.#rows.get(id) as RedemptionRow, before }));
    const added = rows.filter(({ before }) => before === null).map(({ row }) => Object.values(row) as Value[]);
    if (added.length > 0) await tx.insert(insertRedemptions, added);
    // All are on their way before the first is waited for: a round trip for the group, not one a row.
    const counts = await Promise.all(
      rows.flatMap(({ row, before }) =>
        before === null ? [] : [tx.run(updateRedemption, { ...columnsOf(row), digestBefore: before })],
      ),
    );
    if (counts.some((count) => count !== 1)) throw new WriteConflict();
    const programId = this.#programId;
    for (const [rewardId, { stored, now }] of this.#taken) {
      if (now === (stored ?? 0)) continue;
      if (stored === null) await tx.insert(insertStock, [[programId, rewardId, now]]);
      else if ((await tx.run(updateStock, { programId, rewardId, taken: now, takenBefore: stored })) !== 1) {
        throw new WriteConflict();
      }
    }
  }

  #stock(rewardId: string) {
    const stock = this.#taken.get(rewardId);
    if (!stock) throw new RangeError(`RedemptionBook: the stock of ${rewardId} was not loaded`);
    return stock;
  }

  #keep(row: RedemptionRow, changed: RedemptionRow): void {
    if (!this.#changed.has(row.redemption_id)) this.#changed.set(row.redemption_id, row.digest);
    this.#rows.set(row.redemption_id, changed);
  }
}

/** What of redemptions a group of commands looks at; the orders that it takes back are loaded already. */
export async function loadRedemptions(tx: Transaction, unit: Unit, commands: readonly Command[]): Promise<void> {
  if (!unit.versions.some(({ program }) => hasRedemptions(program))) return;
  const scope = { programId: unit.programId };
  const needs = commands.flatMap(({ needs: { redemptions } }) => redemptions ?? []);
  const ofOrders = commands.flatMap(({ needs: { lots, orderId = '' } }) => {
    const order = lots ? unit.orders.get(orderId) : undefined;
    return order ? [...usedIdsOf(order), ...couponIdsOf(unit, order)] : [];
  });
  const ids = new Set([...needs.flatMap(({ ids: own = [] }) => own), ...ofOrders]);
  const hashes = new Set(needs.flatMap(({ codes = [] }) => codes).map((typed) => unit.redemptions.hashOf(typed)));
  for (const rows of await Promise.all([
    tx.allIn(redemptionsById, scope, [...ids]),
    tx.allIn(redemptionsByCode, scope, [...hashes]),
  ])) {
    for (const row of rows) unit.redemptions.load(row);
  }
  const rewardIds = new Set(needs.flatMap(({ rewardIds: own = [] }) => own));
  for (const { takes_stock, reward_id } of unit.redemptions.rows) if (takes_stock === 1) rewardIds.add(reward_id);
  const stock = new Map((await tx.allIn(stockOf, scope, [...rewardIds])).map((row) => [row.reward_id, row.taken]));
  for (const rewardId of rewardIds) unit.redemptions.loadStock(rewardId, stock.get(rewardId) ?? null);
}

/** What became of the codes that an order named: kept with its facts. */
export interface OrderRedemptions {
  readonly codes?: readonly OrderCode[];
}

/** What became of one code of an order, in the order in which it named them. */
export type OrderCode =
  | { readonly redemption: string; readonly usedMinor?: number; readonly returnedPoints?: number }
  | { readonly reason: 'not_valid' | 'timed_out' };

export function orderRedemptionsOf(facts: string): OrderRedemptions {
  return JSON.parse(facts) as OrderRedemptions;
}

function usedIdsOf({ facts }: OrderRow): string[] {
  return (orderRedemptionsOf(facts).codes ?? []).flatMap((code) => ('redemption' in code ? code.redemption : []));
}

export const usesOf = (row: RedemptionRow): LotUse[] =>
  (JSON.parse(row.uses) as [number, number][]).map(([lot, points]) => ({ lot, points }));

export const termsOf = (row: RedemptionRow): RedemptionTerms => JSON.parse(row.terms) as RedemptionTerms;

export const historyOf = (row: RedemptionRow): RedemptionStep[] => JSON.parse(row.history) as RedemptionStep[];

/** Whether its code can be used at an instant. */
export const isUsable = (row: RedemptionRow, now: Instant): boolean =>
  row.state === 'held' && now < row.held_until && hasCode(termsOf(row).worth);

/** The columns in the table's order. */
function sealNew(
  programId: string,
  row: Omit<RedemptionRow, 'digest' | 'program_id' | 'code_hash'>,
  codeHash: string,
): RedemptionRow {
  return seal({
    program_id: programId,
    redemption_id: row.redemption_id,
    member_id: row.member_id,
    origin: row.origin,
    reward_id: row.reward_id,
    program_version: row.program_version,
    seq: row.seq,
    points: row.points,
    uses: row.uses,
    terms: row.terms,
    code_hash: codeHash,
    state: row.state,
    redeemed_at: row.redeemed_at,
    held_until: row.held_until,
    valid_until: row.valid_until,
    order_id: row.order_id,
    used_minor: row.used_minor,
    unused_points: row.unused_points,
    returned_points: row.returned_points,
    takes_stock: row.takes_stock,
    reason: row.reason,
    history: row.history,
    digest: '',
  });
}

function seal(row: RedemptionRow): RedemptionRow {
  const { digest: _digest, ...columns } = row;
  return { ...columns, digest: sealOf(Object.values(columns)) };
}

function columnsOf(row: RedemptionRow): Record<string, Value> {
  return {
    programId: row.program_id,
    redemptionId: row.redemption_id,
    state: row.state,
    heldUntil: row.held_until,
    orderId: row.order_id,
    usedMinor: row.used_minor,
    unusedPoints: row.unused_points,
    returnedPoints: row.returned_points,
    history: row.history,
    digest: row.digest,
  };
}
