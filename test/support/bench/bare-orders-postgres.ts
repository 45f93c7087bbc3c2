import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import { serveParent, settingsOf } from './child.ts';

/**
 * The floor of durable orders on PostgreSQL: parses the JSON, writes a key and an entry and adds to a balance, in a
 * transaction of its own with prepared statements.
 */
const settings = settingsOf<{ url: string; memberCount: number; connectionCount: number }>();
const pool = new pg.Pool({ connectionString: settings.url, max: settings.connectionCount });
await pool.query('CREATE TABLE bare_keys (id TEXT PRIMARY KEY)');
await pool.query(
  'CREATE TABLE bare_entries (member_id TEXT NOT NULL, id TEXT NOT NULL, points BIGINT NOT NULL, PRIMARY KEY (member_id, id))',
);
await pool.query('CREATE TABLE bare_balances (member_id TEXT PRIMARY KEY, points BIGINT NOT NULL)');
await pool.query("INSERT INTO bare_balances SELECT 'customer-' || i, 0 FROM generate_series(0, $1::int - 1) AS i", [
  settings.memberCount,
]);

async function write(order: { id: string; memberId: string; lines: { netMinor: number }[] }) {
  const points = Math.floor(order.lines.reduce((sum, { netMinor }) => sum + netMinor, 0) / 100);
  const client = await pool.connect();
  await client.query('BEGIN');
  await client.query({ name: 'key', text: 'INSERT INTO bare_keys VALUES ($1)', values: [order.id] });
  await client.query({
    name: 'entry',
    text: 'INSERT INTO bare_entries VALUES ($1, $2, $3)',
    values: [order.memberId, order.id, points],
  });
  await client.query({
    name: 'balance',
    text: 'UPDATE bare_balances SET points = points + $1 WHERE member_id = $2',
    values: [points, order.memberId],
  });
  await client.query('COMMIT');
  client.release();
}

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    void (async () => {
      const order = JSON.parse(Buffer.concat(chunks).toString());
      await write(order);
      const body = `{"order":"${order.id}"}`;
      outgoing.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
    })();
  });
});
server.listen(0, '127.0.0.1', () => {
  serveParent(
    { port: (server.address() as AddressInfo).port },
    () => process.cpuUsage(),
    () => pool.end(),
  );
});
