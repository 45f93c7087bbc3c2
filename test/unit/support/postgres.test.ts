import pg from 'pg';
import { expect, test } from 'vitest';
import { freshDatabase, postgresMissing } from '../../support/postgres.ts';

test.skipIf(postgresMissing)('every call gives an empty database of its own on a server that flushes', async () => {
  const first = await freshDatabase();
  const second = await freshDatabase();
  expect(first.url).not.toBe(second.url);
  const client = new pg.Client(first.url);
  await client.connect();
  try {
    await client.query('CREATE TABLE proof (id BIGINT PRIMARY KEY)');
    const { rows } = await client.query('SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = $1', [
      'public',
    ]);
    expect(rows).toEqual([{ tables: 1 }]);
    expect((await client.query('SHOW fsync')).rows).toEqual([{ fsync: 'on' }]);
  } finally {
    await client.end();
  }
  const other = new pg.Client(second.url);
  await other.connect();
  const { rows } = await other.query('SELECT count(*)::int AS tables FROM pg_tables WHERE schemaname = $1', ['public']);
  await other.end();
  expect(rows).toEqual([{ tables: 0 }]);
  await first.drop();
  await second.drop();
});

test('the run is in an odd time zone', () => {
  expect(new Date(2026, 0, 1).getTimezoneOffset()).toBe(-345);
});
