import type { Database } from '../../../server/database/database.ts';
import { textStatement } from '../../../server/database/statement.ts';
import { NEVER } from '../../../shared/domain/time.ts';
import type { Life, ShopOrder } from './life.ts';
import { VISIT } from './programs.ts';
import type { Receiver } from './receiver.ts';
import type { Intent, Shop } from './shop.ts';

/** An entry as the chain holds it. Read by its text: the audit knows nothing of the server's own bookkeeping. */
export interface Entry {
  readonly member: string;
  readonly seq: number;
  readonly kind: string;
  readonly points: number;
  readonly balance: number;
  readonly occurredAt: string;
  readonly programVersion: number;
  readonly tier: string;
  readonly order?: string;
  readonly refund?: string;
  readonly event?: string;
  readonly redemption?: string;
  readonly peer?: string;
  readonly reason?: string;
  readonly multiplierPercent?: number;
  readonly uses?: readonly { readonly lot: number; readonly points: number }[];
  readonly pinned?: unknown;
  readonly benefit?: { readonly use: string };
}

export interface RedemptionRow {
  readonly redemption_id: string;
  readonly member_id: string;
  readonly origin: string;
  readonly state: string;
  readonly points: number;
  readonly returned_points: number;
}

const entryTexts = textStatement('SELECT bytes FROM entries ORDER BY member_id, seq');
const redemptionRows = textStatement(
  'SELECT redemption_id, member_id, origin, state, points, returned_points FROM redemptions',
);
const versionRows = textStatement('SELECT version, document FROM program_versions ORDER BY version');

/** Orders that the checks of quotes placed themselves begin so. */
export const QUOTED = 'quoted-';

const TIER_PERCENT: Readonly<Record<string, number>> = { member: 100, silver: 125, gold: 150 };

/** What the store says, as plain data. */
export interface Facts {
  readonly entries: Entry[];
  readonly redemptions: RedemptionRow[];
  /** Documents by version. */
  readonly versions: ReadonlyMap<number, unknown>;
}

export async function readFacts(database: Database): Promise<Facts> {
  const texts = (await database.all(entryTexts, {})) as readonly { readonly bytes: string }[];
  const rows = (await database.all(redemptionRows, {})) as readonly RedemptionRow[];
  const published = (await database.all(versionRows, {})) as readonly { version: number; document: string }[];
  return {
    entries: texts.map(({ bytes }) => JSON.parse(bytes) as Entry),
    redemptions: [...rows],
    versions: new Map(published.map((row) => [row.version, JSON.parse(row.document) as unknown])),
  };
}

/**
 * Holds the ledger's chains against what the shop knows that it did: each fact once, worth what the published rules say by
 * plain arithmetic; nothing that was refused; nothing that nobody asked for.
 */
export function auditLife(
  { entries, redemptions, versions }: Facts,
  { life, shop }: { readonly life: Life; readonly shop: Shop },
): string[] {
  const faults: string[] = [];
  const intents = new Map(shop.intents.map((intent) => [intent.id, intent]));
  const orders = new Map(life.orders.map((order) => [order.id, order]));

  const byOrder = Map.groupBy(
    entries.filter(({ order, redemption }) => order !== undefined && redemption === undefined),
    ({ order }) => order as string,
  );
  const gone = entries.filter(({ kind, reason }) => kind === 'expiry' || kind === 'transfer' || reason === 'erased');
  const lapsed = new Set(gone.flatMap(({ member, uses = [] }) => uses.map(({ lot }) => `${member} ${lot}`)));
  for (const order of orders.values()) {
    faults.push(...orderFaults(order, byOrder.get(order.id) ?? [], { lapsed, versions }));
  }
  for (const id of byOrder.keys())
    if (!orders.has(id) && !id.startsWith(QUOTED)) faults.push(`nobody placed order ${id}`);

  const once = (what: string, id: string, found: readonly Entry[], points: number | null) => {
    const intent = intents.get(id);
    if (!intent) return faults.push(`nobody asked for ${what} ${id}`);
    const isWrong = points !== null && found.some((entry) => entry.points !== points);
    if (found.length > 1) faults.push(`${what} ${id} has ${found.length} entries`);
    if (isWrong) faults.push(`${what} ${id} came to ${JSON.stringify(found)}, not ${points}`);
    if (found.length === 0 && intent.state === 'done') faults.push(`${what} ${id} was confirmed and is not there`);
    if (found.length > 0 && isSurelyRefused(intent)) faults.push(`${what} ${id} was refused and is there`);
    return undefined;
  };
  for (const [id, points] of life.adjustments) {
    const found = entries.filter(({ kind, reason }) => kind === 'adjustment' && reason === id);
    once('adjustment', id, found, points);
  }
  for (const intent of shop.intents) {
    const { id, kind } = intent;
    if (kind === 'pin')
      once(
        kind,
        id,
        entries.filter((entry) => entry.pinned !== undefined && entry.reason === id),
        0,
      );
    if (kind === 'benefit')
      once(
        kind,
        id,
        entries.filter(({ benefit }) => benefit?.use === id),
        0,
      );
    if (kind === 'visit' && intent.receipt !== null) {
      const found = entries.filter((entry) => entry.event === id && entry.reason === 'visit');
      // The week's limit may leave it nothing.
      const isCounted = JSON.parse(intent.receipt)[0] !== null;
      if (found.length !== (isCounted ? 1 : 0))
        faults.push(`visit ${id}: ${found.length} entries, told ${intent.receipt}`);
      for (const { points } of found) if (points !== VISIT.points) faults.push(`visit ${id} brought ${points}`);
    }
  }
  faults.push(...weekFaults(entries), ...transferFaults(entries));
  faults.push(...redemptionFaults(entries, redemptions), ...repeatFaults(entries));
  return faults;
}

/** No copy of it can have been carried out. */
const isSurelyRefused = (intent: Intent) =>
  intent.state === 'refused' && intent.receipt === null && intent.looseCount === 0;

function orderFaults(
  order: ShopOrder,
  found: readonly Entry[],
  { lapsed, versions }: { readonly lapsed: ReadonlySet<string>; readonly versions: ReadonlyMap<number, unknown> },
): string[] {
  const { id, netMinor, placedAt, post, refunds } = order;
  const faults: string[] = [];
  const accruals = found.filter(({ kind }) => kind === 'accrual');
  const reversals = found.filter(({ kind }) => kind === 'reversal');
  if (post.state !== 'done') return [`order ${id} is ${post.state} (${post.code})`];
  const [accrual] = accruals;
  if (!accrual || accruals.length !== 1) return [`order ${id} has ${accruals.length} accruals`];
  const { earning } = versions.get(accrual.programVersion) as {
    earning: { rules: { points: number }[]; campaigns: { multiplierPercent: number }[] };
  };
  const weekday = new Intl.DateTimeFormat('en', { weekday: 'short', timeZone: 'Europe/Berlin' }).format(placedAt);
  const isWeekend = weekday === 'Sat' || weekday === 'Sun';
  const campaignPercent = isWeekend ? (earning.campaigns[0]?.multiplierPercent ?? 100) : 100;
  const { multiplierPercent = 100 } = accrual;
  if (!Object.values(TIER_PERCENT).includes(multiplierPercent)) faults.push(`order ${id}: ${multiplierPercent} %`);
  const factors = [netMinor, earning.rules[0]?.points ?? 0, multiplierPercent, campaignPercent].map(BigInt);
  const worth = Number(factors.reduce((product, factor) => product * factor, 1n) / 1_000_000n);
  if (accrual.points !== worth) faults.push(`order ${id} brought ${accrual.points}, not ${worth}`);

  const openRefunds = refunds.filter(({ state }) => state !== 'done');
  if (openRefunds.length > 0)
    faults.push(`refunds of ${id}: ${openRefunds.map(({ id: name, code }) => `${name} ${code}`).join(', ')}`);
  const refundIds = reversals.map(({ refund }) => refund);
  if (new Set(refundIds).size !== refundIds.length)
    faults.push(`a refund of ${id} counts twice: ${refundIds.join(', ')}`);
  if (!order.isWebhook && reversals.length !== refunds.length)
    faults.push(`order ${id}: ${reversals.length} reversals for ${refunds.length} refunds`);
  const kept = netMinor === 0 ? 0 : Number((BigInt(worth) * BigInt(netMinor - order.refundedMinor)) / BigInt(netMinor));
  const due = order.refundedMinor > 0 ? worth - kept : 0;
  const taken = -reversals.reduce((sum, { points }) => sum + points, 0);
  // What expired of it, here or with whom the member was merged, is not taken twice.
  const hasLapsed = lapsed.has(`${accrual.member} ${accrual.seq}`);
  if (hasLapsed ? taken > due : taken !== due)
    faults.push(
      `order ${id}: ${taken} points taken back, due were ${due} (${JSON.stringify(found)} ${JSON.stringify(refunds)})`,
    );
  return faults;
}

/** Whatever points came for, they came once: also what the server gives of itself. */
function repeatFaults(entries: readonly Entry[]): string[] {
  const events = entries.filter(({ kind, event, points }) => kind === 'accrual' && event !== undefined && points > 0);
  const byCause = Map.groupBy(events, ({ event, reason }) => `${event} for ${reason}`);
  return [...byCause].filter(([, { length }]) => length > 1).map(([cause, { length }]) => `${cause}: ${length} times`);
}

/** A week's limit holds for every member who stands for himself alone. */
function weekFaults(entries: readonly Entry[]): string[] {
  const merged = new Set(entries.filter(({ kind }) => kind === 'transfer').map(({ member }) => member));
  const visits = entries.filter(
    ({ kind, event, reason, member }) => kind === 'accrual' && event && reason === 'visit' && !merged.has(member),
  );
  const weeks = Map.groupBy(visits, ({ member, occurredAt }) => `${member} ${weekOf(Date.parse(occurredAt))}`);
  return [...weeks]
    .filter(([, { length }]) => length > VISIT.timesAWeek)
    .map(([week, { length }]) => `${length} visits counted in one week: ${week}`);
}

const dayFormat = new Intl.DateTimeFormat('en-CA', { timeZone: 'Europe/Berlin' });

/** The Monday of a Berlin week, in days since 1970. */
function weekOf(instant: number): number {
  const day = Date.parse(dayFormat.format(instant)) / 86_400_000;
  // 1 January 1970 was a Thursday.
  return day - ((day + 3) % 7);
}

/** What left one member came to another, to the point. */
function transferFaults(entries: readonly Entry[]): string[] {
  const sum = entries.filter(({ kind }) => kind === 'transfer').reduce((total, { points }) => total + points, 0);
  return sum === 0 ? [] : [`transfers come to ${sum}, not 0`];
}

function redemptionFaults(entries: readonly Entry[], rows: readonly RedemptionRow[]): string[] {
  const faults: string[] = [];
  const byId = Map.groupBy(
    entries.filter(({ redemption }) => redemption !== undefined),
    ({ redemption }) => redemption as string,
  );
  const erased = new Set(
    entries.filter(({ reason, kind }) => kind === 'adjustment' && reason === 'erased').map(({ member }) => member),
  );
  for (const row of rows) {
    const { redemption_id: id, points, returned_points: returned, state } = row;
    const found = byId.get(id) ?? [];
    const taken = found.filter(({ kind }) => kind === 'redemption');
    const back = found.filter(({ kind }) => kind === 'reversal').reduce((sum, entry) => sum + entry.points, 0);
    if (points > 0 && (taken.length !== 1 || taken[0]?.points !== -points))
      faults.push(`redemption ${id} took ${JSON.stringify(taken)}, its cost is ${points}`);
    if (back !== returned || back > points)
      faults.push(`redemption ${id}: ${back} came back, ${returned} noted, of ${points}`);
    const isOver = state === 'released' || state === 'returned' || state === 'cancelled';
    if (isOver && back !== points && !erased.has(row.member_id))
      faults.push(`redemption ${id} is ${state}, ${back} of ${points} came back`);
  }
  for (const id of byId.keys()) if (!rows.some((row) => row.redemption_id === id)) faults.push(`no redemption ${id}`);
  return faults;
}

interface OutboxRow {
  readonly event_id: string;
  readonly member_id: string;
  readonly member_seq: number;
  readonly type: string;
  readonly due_at: number;
}

const outboxRows = textStatement('SELECT event_id, member_id, member_seq, type, due_at FROM outbox');
const deliveryRows = textStatement('SELECT event_id, state FROM webhook_deliveries');

/** Follows the events while the store keeps them. */
export class EventAudit {
  readonly #rows = new Map<string, OutboxRow>();
  readonly #states = new Map<string, string>();

  async look(database: Database): Promise<void> {
    for (const row of (await database.all(outboxRows, {})) as readonly OutboxRow[]) this.#rows.set(row.event_id, row);
    const deliveries = (await database.all(deliveryRows, {})) as readonly { event_id: string; state: string }[];
    for (const { event_id, state } of deliveries) this.#states.set(event_id, state);
  }

  get count(): number {
    return this.#rows.size;
  }

  /** Of each member's events the receiver heard all, in order. @param horizon What is due later is not missing. */
  faults(receiver: Pick<Receiver, 'order' | 'has'>, horizon: number): string[] {
    const faults: string[] = [];
    const seqs = new Map<string, number>();
    for (const id of receiver.order) {
      const row = this.#rows.get(id);
      if (!row) {
        faults.push(`event ${id} came out of nowhere`);
        continue;
      }
      const before = seqs.get(row.member_id) ?? 0;
      if (row.member_seq < before) faults.push(`event ${id} of seq ${row.member_seq} came after seq ${before}`);
      seqs.set(row.member_id, Math.max(before, row.member_seq));
    }
    for (const { event_id: id, type, due_at: dueAt } of this.#rows.values()) {
      const state = this.#states.get(id);
      if (receiver.has(id) || state === 'failed') continue;
      const isAhead = dueAt > horizon && dueAt < NEVER;
      // Of points that a refund took back before they became spendable, nobody is told.
      const isTakenBack = type === 'points.posted' && dueAt === NEVER && state === undefined;
      if (!isAhead && !isTakenBack) faults.push(`event ${id} (${type}, due ${dueAt}, ${state}) never came`);
    }
    return faults;
  }
}
