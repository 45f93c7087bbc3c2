import { DatabaseSync } from 'node:sqlite';

/**
 * Gives a member a long history behind his orders, straight into the embedded store's file while no server has it: one
 * accrual an hour back from the first of them, each spent since. As many rows in every table as the orders would have left.
 */
export function lengthenHistory(file: string, programId: string, customerId: string, entryCount: number): void {
  const database = new DatabaseSync(file);
  const { member_id } = database
    .prepare('SELECT member_id FROM members WHERE program_id = ? AND customer_id = ?')
    .get(programId, customerId) as { member_id: string };
  const scope = [entryCount, programId, member_id] as const;
  const numbers = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)';
  database.exec('BEGIN');
  // Out of the way of the numbers below, highest first so that no two meet.
  for (const table of ['entries', 'lots', 'orders', 'accounts']) {
    const shift = database.prepare(
      `UPDATE ${table} SET seq = seq + ? WHERE program_id = ? AND member_id = ? AND seq = ?`,
    );
    for (let seq = 1_000; seq > 0; seq--) shift.run(entryCount, programId, member_id, seq);
  }
  for (const insert of [
    `INSERT INTO entries SELECT e.program_id, e.member_id, n.i, e.kind, e.points, e.qualifying, e.occurred_at - n.i * 3600000,
       e.recorded_at, e.hash, e.bytes
     FROM n, (SELECT * FROM entries WHERE program_id = ? AND member_id = ? LIMIT 1) e`,
    `INSERT INTO lots SELECT l.program_id, l.member_id, n.i, l.initial, 0, 0, 0, l.available_at - n.i * 3600000,
       l.expires_at - n.i * 3600000, 0, 0
     FROM n, (SELECT * FROM lots WHERE program_id = ? AND member_id = ? LIMIT 1) l`,
  ]) {
    database.prepare(`${numbers} ${insert}`).run(...scope);
  }
  database.exec('COMMIT');
  database.close();
}
