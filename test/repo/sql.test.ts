import { describe, expect, test } from 'vitest';
import { MIGRATIONS, MIGRATIONS_TABLE } from '../../server/database/migrations.ts';
import { isCode, projectFiles, readProjectFile } from './source-files.ts';
import { builtSql, isSql, portabilityFaults, sqlIn } from './sql.ts';

const server = projectFiles().filter((file) => isCode(file) && file.startsWith('server/'));

describe('the SQL of the server', () => {
  test('is in the portable profile', () => {
    expect(server.length).toBeGreaterThan(0);
    const faults = server.flatMap((file) =>
      sqlIn(file, readProjectFile(file)).flatMap((sql) =>
        portabilityFaults(sql).map((why) => `${file}: ${why}: ${sql}`),
      ),
    );
    expect(faults).toEqual([]);
  });

  test('is in the portable profile where migrations put it together', () => {
    const statements = [MIGRATIONS_TABLE, ...MIGRATIONS.flatMap((migration) => migration.statements)];
    expect(statements.flatMap((sql) => portabilityFaults(sql).map((why) => `${why}: ${sql}`))).toEqual([]);
  });

  test('migrates one statement at a time: some engines take no more', () => {
    const statements = MIGRATIONS.flatMap((migration) => migration.statements);
    expect(statements.filter((sql) => !isSql(sql) || sql.includes(';'))).toEqual([]);
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, index) => index + 1));
  });

  test('is never put together from values', () => {
    const built = server
      .filter((file) => file !== 'server/database/migrations.ts')
      .flatMap((file) => builtSql(file, readProjectFile(file)).map((sql) => `${file}: ${sql}`));
    expect(built).toEqual([]);
  });
});

describe('portabilityFaults', () => {
  test.each([
    'CREATE TABLE t (program_id TEXT NOT NULL, id SERIAL, PRIMARY KEY (program_id, id))',
    'CREATE TABLE t (program_id TEXT, n BIGINT GENERATED ALWAYS AS IDENTITY, PRIMARY KEY (program_id, n))',
    'CREATE TABLE t (id TEXT, program_id TEXT, PRIMARY KEY (id))',
    'CREATE TABLE t (id TEXT PRIMARY KEY)',
    'CREATE TABLE t (program_id TEXT)',
    'CREATE UNIQUE INDEX i ON members (customer_id)',
    'CREATE TRIGGER t BEFORE UPDATE ON entries EXECUTE FUNCTION refuse()',
    'CREATE TEMP TABLE t AS SELECT 1 FROM entries',
    'SELECT id FROM outbox LIMIT 1 FOR UPDATE SKIP LOCKED',
    'SELECT pg_advisory_xact_lock(1) FROM members',
    'SELECT points / 2 FROM lots',
    "SELECT nextval('ids') FROM members",
    'TRUNCATE TABLE entries',
  ])('refuses %s', (sql) => {
    expect(portabilityFaults(sql)).toHaveLength(1);
  });

  test.each([
    'CREATE TABLE t (program_id TEXT NOT NULL, member_id TEXT NOT NULL, PRIMARY KEY (program_id, member_id))',
    'CREATE UNIQUE INDEX i ON members (program_id, customer_id)',
    'UPDATE accounts SET balance = balance - ? WHERE program_id = ? AND balance >= ?',
    'INSERT INTO entries (program_id) VALUES (?) ON CONFLICT DO NOTHING',
  ])('takes %s', (sql) => {
    expect(portabilityFaults(sql)).toEqual([]);
  });
});

describe('builtSql', () => {
  test.each([
    'db.exec(`SELECT * FROM members WHERE id = ${id}`);',
    'db.exec("DELETE FROM members WHERE id = " + id);',
    'const q = `INSERT INTO ${table} VALUES (1)`;',
    'sql.raw(text);',
  ])('finds %s', (source) => {
    expect(builtSql('server/a.ts', source)).toHaveLength(1);
  });

  test.each([
    'sql`SELECT * FROM members WHERE id = ${id}`;',
    'db.exec(`SELECT name FROM ${MIGRATIONS_TABLE}`);',
    'const message = `Update the ${name} setting`;',
    'const message = `Select a reward from ${count}`;',
  ])('leaves %s alone', (source) => {
    expect(builtSql('server/a.ts', source)).toEqual([]);
  });
});
