import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Value } from '../../../server/database/statement.ts';
import type { RedemptionAnswer } from '../../../shared/protocol/api.ts';
import { anOrder, openLedger, PROGRAM } from '../ledger.ts';
import { BENCH_REWARD, ORDER_LINES, rewardingProgram } from './bench-program.ts';

/**
 * Where a floor takes a column's value from. `same`: as it was recorded, so that it is as long as in life. `member`,
 * `customer`: of the member who is drawn. `fresh`: an id that no row has yet, one for each thing that is done; `held`: the
 * one of the hold before.
 */
export interface Cell {
  readonly from: 'same' | 'member' | 'customer' | 'fresh' | 'held';
  readonly value: Value;
}

export type Cells = Readonly<Record<string, Cell>>;

/** One row that the ledger wrote, by the primary key. */
export interface RowChange {
  readonly table: string;
  readonly change: 'insert' | 'update' | 'delete';
  readonly key: Cells;
  /** All columns of a new row, the changed ones of an old row. */
  readonly set: Cells;
}

/** What is done: an order; a hold; the order that uses the hold's code. */
export const DEEDS = ['order', 'hold', 'commit'] as const;
export type Deed = (typeof DEEDS)[number];

/** What the ledger left of a member who joined with one large order, and what each deed changed since. */
export interface Recording {
  /** Rows that all members share, such as a reward's stock; there since somebody's first deed. */
  readonly shop: readonly RowChange[];
  readonly member: readonly RowChange[];
  readonly deeds: Readonly<Record<Deed, readonly RowChange[]>>;
}

/** Columns whose value no second row has. Other columns of unique keys come from the member. */
const FRESH: Readonly<Record<string, readonly string[]>> = {
  entries: ['seq'],
  lots: ['seq'],
  orders: ['order_id'],
  redemptions: ['redemption_id', 'code_hash'],
  outbox: ['event_id'],
  idempotency_keys: ['idempotency_key'],
};

const DAY_MS = 86_400_000;
const CUSTOMER = 'customer-0';

type Row = Readonly<Record<string, Value>>;
/** A table's rows by the text of their key. */
type Snapshot = ReadonlyMap<string, ReadonlyMap<string, Row>>;

/**
 * Has the ledger do each deed once on a store of its own and compares every table before and after. A floor that writes
 * what this gives does the same rows as the ledger, also when the ledger changes.
 */
export async function recordRows(): Promise<Recording> {
  const { ledger, redemptions, setNow, url, close } = await openLedger('sqlite', rewardingProgram);
  const reader = new DatabaseSync(join(url.slice('sqlite:'.length), 'laurel.db'), { readOnly: true });
  try {
    const now = Date.now();
    setNow(new Date(now).toISOString());
    const keys = keysOf(reader);
    const post = (id: string, codes: readonly string[] = []) =>
      ledger.postOrder(PROGRAM, {
        id,
        memberId: CUSTOMER,
        placedAt: new Date(now).toISOString(),
        currency: 'EUR',
        lines: ORDER_LINES,
        ...(codes.length > 0 && { redemptionCodes: [...codes] }),
      });

    const empty = snapshotOf(reader, keys);
    const longAgo = new Date(now - 30 * DAY_MS).toISOString();
    await ledger.postOrder(PROGRAM, anOrder('order-0', CUSTOMER, 10_000_000, longAgo));
    const joined = snapshotOf(reader, keys);
    const memberId = [...(joined.get('members')?.values() ?? [])][0]?.['member_id'] as string;
    // What only a member's first deeds write is no part of what one costs.
    await post('order-first-0000000001');
    const first = await redemptions.redeem(PROGRAM, memberId, { reward: BENCH_REWARD }, 'hold-first-0000000001');
    await post('order-first-0000000002', codesOf(first));

    const before = snapshotOf(reader, keys);
    await post('order-bench-0000000001');
    const ordered = snapshotOf(reader, keys);
    const hold = await redemptions.redeem(PROGRAM, memberId, { reward: BENCH_REWARD }, 'hold-bench-0000000001');
    const held = snapshotOf(reader, keys);
    await post('order-bench-0000000002', codesOf(hold));
    const committed = snapshotOf(reader, keys);

    const between = (earlier: Snapshot, later: Snapshot, heldRows: readonly RowChange[] = []) =>
      changesBetween(earlier, later, { keys, memberId, heldRows });
    const ofHold = between(ordered, held);
    return {
      shop: between(joined, before).filter(({ key }) => Object.values(key).every(({ from }) => from === 'same')),
      member: between(empty, joined),
      deeds: { order: between(before, ordered), hold: ofHold, commit: between(held, committed, ofHold) },
    };
  } finally {
    reader.close();
    await close();
  }
}

function codesOf({ redemption: { code } }: RedemptionAnswer): string[] {
  if (!code) throw new Error('the hold came without a code');
  return [code];
}

/** A line for people: what a deed writes. */
export function describeRows(changes: readonly RowChange[]): string {
  return changes
    .map(({ table, change, set }) => {
      const bytes = Object.values(set).reduce((sum, { value }) => sum + String(value ?? '').length, 0);
      return `${change} ${table}${change === 'delete' ? '' : ` (${bytes} B)`}`;
    })
    .join(', ');
}

/** Each table's primary key. */
function keysOf(database: DatabaseSync): ReadonlyMap<string, readonly string[]> {
  const tables = database
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all() as { name: string }[];
  return new Map(
    tables.map(({ name }) => {
      const columns = database.prepare(`PRAGMA table_info(${name})`).all() as { name: string; pk: number }[];
      const key = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
      return [name, key.map((column) => column.name)];
    }),
  );
}

function snapshotOf(database: DatabaseSync, keys: ReadonlyMap<string, readonly string[]>): Snapshot {
  return new Map(
    [...keys].map(([table, key]) => {
      const rows = database.prepare(`SELECT * FROM ${table}`).all() as Row[];
      return [table, new Map(rows.map((row) => [JSON.stringify(key.map((column) => row[column])), row]))];
    }),
  );
}

interface Context {
  readonly keys: ReadonlyMap<string, readonly string[]>;
  readonly memberId: string;
  readonly heldRows: readonly RowChange[];
}

function changesBetween(earlier: Snapshot, later: Snapshot, context: Context): RowChange[] {
  const changes: RowChange[] = [];
  for (const [table, key] of context.keys) {
    const [before, after] = [earlier.get(table) ?? new Map<string, Row>(), later.get(table) ?? new Map<string, Row>()];
    const add = (change: RowChange['change'], row: Row, columns: readonly string[]) => {
      const cells = (names: readonly string[]) =>
        Object.fromEntries(names.map((name) => [name, cellOf(context, table, change, name, row[name] ?? null)]));
      changes.push({ table, change, key: cells(key), set: cells(columns) });
    };
    for (const [id, row] of before) if (!after.has(id)) add('delete', row, []);
    for (const [id, row] of after) {
      const old = before.get(id);
      if (!old) add('insert', row, Object.keys(row));
      else {
        const changed = Object.keys(row).filter((name) => row[name] !== old[name]);
        if (changed.length > 0) add('update', row, changed);
      }
    }
  }
  // What all members share comes last: the lock on it is then held only over the commit.
  return changes.toSorted((a, b) => Number(a.table === 'reward_stock') - Number(b.table === 'reward_stock'));
}

function cellOf(
  { memberId, heldRows }: Context,
  table: string,
  change: RowChange['change'],
  name: string,
  value: Value,
): Cell {
  if (value === memberId) return { from: 'member', value };
  if (name === 'customer_id') return { from: 'customer', value };
  if (!FRESH[table]?.includes(name)) return { from: 'same', value };
  if (change === 'insert') return { from: 'fresh', value };
  const isHeld = heldRows.some((row) => row.table === table && row.set[name]?.value === value);
  return { from: isHeld ? 'held' : 'same', value };
}
