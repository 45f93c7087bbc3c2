import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/**
 * What a file of CDNOW orders comes to, computed by SQL straight from the raw lines: 1 point a dollar and 5 an order, times
 * 100, 125 or 150 % in the tiers from 0, 100 and 250 qualifying points of twelve months; a tier is kept for twelve months
 * and then reviewed; points live twelve months. Shares no code with the ledger.
 */
export interface ExpectedPoints {
  readonly members: number;
  readonly orders: number;
  readonly accrued: number;
  readonly expired: number;
  readonly tiers: readonly { readonly tier: string; readonly members: number; readonly points: number }[];
  /** Points held by customer. */
  readonly held: ReadonlyMap<string, number>;
}

export function pointsInSql(path: string, asOfDay: string): ExpectedPoints {
  const db = new DatabaseSync(':memory:');
  db.exec('CREATE TABLE raw (line INTEGER PRIMARY KEY, customer TEXT, day TEXT, cents INTEGER)');
  const insert = db.prepare('INSERT INTO raw VALUES (?, ?, ?, ?)');
  db.exec('BEGIN');
  for (const [line, text] of readFileSync(path, 'utf8').split('\r\n').entries()) {
    const match = /^\s*(\d+)\s+(\d{4})(\d\d)(\d\d)\s+\d+\s+(\d+)\.(\d\d)\s*$/.exec(text);
    if (match)
      insert.run(line, match[1] ?? '', `${match[2]}-${match[3]}-${match[4]}`, Number(`${match[5]}${match[6]}`));
  }
  db.exec('COMMIT');
  const tierOf = (points: string) => `CASE WHEN ${points} >= 250 THEN 2 WHEN ${points} >= 100 THEN 1 ELSE 0 END`;
  /** The tier in which an order finds its customer. */
  const before = 'CASE WHEN w.kept IS NULL OR w.kept >= q.day THEN w.tier ELSE v.tier END';
  db.exec(`
    -- Each customer's orders in turn, with what they qualify for: dollars and 5, rounded down together.
    CREATE TABLE o AS
      SELECT customer, row_number() OVER (PARTITION BY customer ORDER BY line) AS n, day, cents,
             (cents + 500) / 100 AS base
      FROM raw;
    CREATE UNIQUE INDEX o_by_customer ON o (customer, n);
    -- Qualifying points of the twelve months up to each order's day, that order included.
    CREATE TABLE q AS
      SELECT a.customer, a.n, a.day, a.cents,
             (SELECT SUM(b.base) FROM o b
              WHERE b.customer = a.customer AND b.n <= a.n AND b.day > date(a.day, '-12 months')) AS year
      FROM o a;
    CREATE UNIQUE INDEX q_by_customer ON q (customer, n);
    -- Where a review finds a customer: it looks at the twelve months up to the last day for which a tier was kept.
    CREATE TABLE review AS
      SELECT k.customer, k.day, ${tierOf(`(SELECT coalesce(SUM(b.base), 0) FROM o b
               WHERE b.customer = k.customer AND b.day > date(k.day, '-12 months') AND b.day <= k.day)`)} AS tier
      FROM (SELECT DISTINCT customer, date(day, '+12 months') AS day FROM q WHERE year >= 100) k;
    CREATE UNIQUE INDEX review_by_customer ON review (customer, day);
    -- Order by order: the tier (0, 1, 2) after each and the last day for which it is kept. No history here is long enough
    -- for a second review.
    CREATE TABLE walk AS
      WITH RECURSIVE w (customer, n, day, cents, multiplied, tier, kept) AS (
        SELECT customer, n, day, cents, 0, ${tierOf('year')}, CASE WHEN year >= 100 THEN date(day, '+12 months') END
        FROM q WHERE n = 1
        UNION ALL
        SELECT q.customer, q.n, q.day, q.cents, ${before},
               max(${before}, ${tierOf('q.year')}),
               CASE WHEN ${tierOf('q.year')} > ${before} THEN date(q.day, '+12 months')
                    WHEN w.kept >= q.day THEN w.kept
                    WHEN ${before} > 0 THEN date(w.kept, '+12 months') END
        FROM w
        JOIN q ON q.customer = w.customer AND q.n = w.n + 1
        LEFT JOIN review v ON v.customer = w.customer AND v.day = w.kept
      )
      SELECT customer, n, day, tier, kept,
             (cents + 500) * CASE multiplied WHEN 2 THEN 150 WHEN 1 THEN 125 ELSE 100 END / 10000 AS points
      FROM w;
    CREATE UNIQUE INDEX walk_by_customer ON walk (customer, n)`);
  const query = db.prepare(`
    WITH last AS (
      SELECT customer, tier, kept FROM walk w WHERE n = (SELECT max(n) FROM walk x WHERE x.customer = w.customer)
    ), now AS (
      SELECT l.customer,
             CASE WHEN l.kept IS NULL OR l.kept > $day THEN l.tier
                  ELSE (SELECT ${tierOf('coalesce(SUM(b.base), 0)')}
                        FROM o b WHERE b.customer = l.customer AND b.day > date(l.kept, '-12 months') AND b.day <= l.kept)
             END AS tier
      FROM last l
    )
    SELECT walk.customer AS customer, now.tier AS tier, SUM(points) AS accrued,
           SUM(CASE WHEN date(day, '+12 months') <= $day THEN points ELSE 0 END) AS expired
    FROM walk JOIN now USING (customer) GROUP BY walk.customer`);
  const rows = query.all({ $day: asOfDay }) as { customer: string; tier: number; accrued: number; expired: number }[];
  const orders = (db.prepare('SELECT count(*) AS count FROM walk').get() as { count: number }).count;
  db.close();
  const sum = (of: (row: (typeof rows)[number]) => number, among = rows) =>
    among.reduce((total, row) => total + of(row), 0);
  return {
    members: rows.length,
    orders,
    accrued: sum((row) => row.accrued),
    expired: sum((row) => row.expired),
    tiers: ['member', 'silver', 'gold'].map((tier, index) => {
      const among = rows.filter((row) => row.tier === index);
      return { tier, members: among.length, points: sum((row) => row.accrued - row.expired, among) };
    }),
    held: new Map(rows.map((row) => [row.customer, row.accrued - row.expired])),
  };
}
