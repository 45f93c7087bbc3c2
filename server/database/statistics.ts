/**
 * What SQLite's planner takes for the sizes of the tables: those of a large shop, whatever is stored. Without it the
 * planner assumes ten rows of a program, and reads all its members to find a few of them.
 *
 * One row an index (a table kept in the order of its key is its own index): rows in all, then rows that agree in its
 * first column, its first two, and so on. Statements for the embedded store only, after its tables are made.
 */
export const STATISTICS_STATEMENTS: readonly string[] = [
  // Makes the table that the others fill.
  'ANALYZE schema_migrations',
  'DELETE FROM sqlite_stat1',
  `INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
     ('members', 'members', '1000000 100000 1'),
     ('members', 'members_by_customer', '1000000 100000 1'),
     ('accounts', 'accounts', '1000000 100000 1'),
     ('accounts', 'accounts_by_expiry', '1000000 100000 100'),
     ('accounts', 'accounts_by_review', '1000000 100000 100'),
     ('lots', 'lots', '10000000 1000000 10000 50 1'),
     ('member_uses', 'member_uses', '10000000 1000000 100 10 1'),
     ('redemptions', 'redemptions', '1000000 100000 1'),
     ('redemptions', 'redemptions_by_code', '1000000 100000 1'),
     ('redemptions', 'redemptions_by_member', '1000000 100000 10 5'),
     ('redemptions', 'redemptions_by_due', '1000000 100000 100'),
     ('redemptions', 'redemptions_by_state', '1000000 100000 10000 10 1'),
     ('reward_stock', 'reward_stock', '10000 1000 1')`,
  // Has every connection read them.
  'ANALYZE sqlite_schema',
];
