import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../server/database/open.ts';
import { sealOf } from '../../../server/database/seal.ts';
import type { Value } from '../../../server/database/statement.ts';
import { verify } from '../../../server/verify/verify.ts';
import { anOrder, openLedger, PROGRAM, type TestLedger } from '../../support/ledger.ts';
import { rewardProgram } from '../../support/rewards.ts';

/** L8 for redemptions: a change behind the server's back is found, also by somebody who seals the row anew. */

let folder: string;
let original: string;
let copyCount = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-redemption-verify-'));
  const t = await openLedger('sqlite', rewardProgram);
  await fill(t);
  expect((await verify(t.database)).finding).toBeNull();
  original = join(folder, 'original.db');
  const raw = new DatabaseSync(join(t.url.slice('sqlite:'.length), 'laurel.db'));
  raw.exec(`VACUUM INTO '${original}'`);
  raw.close();
  await t.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One redemption in each state that matters: held, used whole, used in part, sent, put back, and a coupon. */
async function fill({ ledger, redemptions }: TestLedger): Promise<void> {
  const memberId = await ledger.enrol(PROGRAM, 'anna');
  await ledger.postAdjustment(PROGRAM, 'anna', { points: 1_000, reason: 'gift' }, 'gift');
  const redeem = async (reward: string) =>
    (await redemptions.redeem(PROGRAM, memberId, { reward }, `${reward}-${copyCount++}`)).redemption;
  await redeem('ten-off');
  await redeem('mug');
  await redeem('tasting');
  await redeem('tasting');
  const whole = await redeem('ten-off');
  await ledger.postOrder(PROGRAM, { ...anOrder('1', 'anna', 60_000), redemptionCodes: [whole.code ?? ''] });
  const part = await redeem('ten-off');
  const used = { code: part.code ?? '', usedMinor: 300 };
  await ledger.postOrder(PROGRAM, { ...anOrder('2', 'anna', 100), redemptionCodes: [used] });
  await redemptions.release(PROGRAM, memberId, (await redeem('ten-off')).id);
}

async function findingAfter(change: (raw: DatabaseSync) => void) {
  const directory = join(folder, `copy-${copyCount++}`);
  await mkdir(directory);
  await copyFile(original, join(directory, 'laurel.db'));
  const raw = new DatabaseSync(join(directory, 'laurel.db'));
  raw.exec('PRAGMA ignore_check_constraints=ON');
  change(raw);
  raw.close();
  const database = await openDatabase(directory);
  try {
    return (await verify(database)).finding;
  } finally {
    await database.close();
    await rm(directory, { recursive: true });
  }
}

type Row = Record<string, Value>;

const rowsOf = (raw: DatabaseSync) => raw.prepare('SELECT * FROM redemptions').all() as Row[];

/** Changes a row and seals it anew, as somebody would who knows how. */
function reseal(raw: DatabaseSync, row: Row, changes: Row): void {
  const { digest: _digest, ...columns } = { ...row, ...changes };
  const names = Object.keys(changes);
  const set = [...names, 'digest'].map((name) => `${name} = ?`).join(', ');
  const values = [...names.map((name) => changes[name] ?? null), sealOf(Object.values(columns))];
  raw.prepare(`UPDATE redemptions SET ${set} WHERE redemption_id = ?`).run(...values, row['redemption_id'] ?? '');
}

function find(raw: DatabaseSync, state: string, isPart = false): Row {
  const row = rowsOf(raw).find(
    (each) => each['state'] === state && each['origin'] === 'reward' && Number(each['unused_points']) > 0 === isPart,
  );
  if (!row) throw new Error(`no redemption is ${state}`);
  return row;
}

describe('verify', () => {
  test('finds any column of any redemption changed', async () => {
    const raw = new DatabaseSync(original, { readOnly: true });
    const rows = rowsOf(raw);
    raw.close();
    expect(rows.length).toBeGreaterThanOrEqual(6);
    for (const row of rows) {
      for (const [column, value] of Object.entries(row)) {
        const changed = typeof value === 'number' ? Math.abs(value - 1) : value === null ? 'x' : `${value}x`;
        const finding = await findingAfter((copy) =>
          copy
            .prepare(`UPDATE redemptions SET ${column} = ? WHERE redemption_id = ?`)
            .run(changed, row['redemption_id'] ?? ''),
        );
        expect([column, finding === null]).toEqual([column, false]);
      }
    }
  }, 120_000);

  const never = Number.MAX_SAFE_INTEGER;
  const later = Date.parse('2026-12-31T00:00:00Z');

  test.each<[string, (raw: DatabaseSync) => void]>([
    [
      'a used code made good again',
      (raw) => reseal(raw, find(raw, 'committed'), { state: 'held', held_until: later, order_id: null }),
    ],
    ['a used code put back without its points', (raw) => reseal(raw, find(raw, 'committed'), { state: 'released' })],
    ['points that came back made more', (raw) => reseal(raw, find(raw, 'committed', true), { returned_points: 100 })],
    ['what it took made more', (raw) => reseal(raw, find(raw, 'held'), { points: 200 })],
    ['lots that it took from changed', (raw) => reseal(raw, find(raw, 'held'), { uses: '[[2,100]]' })],
    [
      'a hold called used',
      (raw) => reseal(raw, find(raw, 'held'), { state: 'committed', held_until: never, order_id: '2' }),
    ],
    [
      'a redemption that came back called held',
      (raw) => reseal(raw, find(raw, 'released'), { state: 'held', held_until: later }),
    ],
    ['a redemption moved to another entry', (raw) => reseal(raw, find(raw, 'held'), { seq: 1 })],
    ['a redemption taken out', (raw) => raw.exec("DELETE FROM redemptions WHERE state = 'held' AND origin = 'reward'")],
    ['a piece of the stock taken out', (raw) => raw.exec('UPDATE reward_stock SET taken = 0')],
    ['the stock’s row taken out', (raw) => raw.exec('DELETE FROM reward_stock')],
    ['a use of a limit taken out', (raw) => raw.exec("DELETE FROM member_uses WHERE subject = 'reward:tasting'")],
    [
      'uses of a limit made fewer',
      (raw) => raw.exec("UPDATE member_uses SET times = 0 WHERE subject = 'reward:tasting'"),
    ],
    ['stock of nothing', (raw) => raw.exec(`INSERT INTO reward_stock VALUES ('${PROGRAM}', 'ghost', 1)`)],
  ])('finds %s, sealed anew', async (_name, change) => {
    expect(await findingAfter(change)).not.toBeNull();
  });
});
