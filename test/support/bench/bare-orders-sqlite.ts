import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { serveParent, settingsOf } from './child.ts';

/**
 * The floor of durable orders: parses the JSON, writes a key and an entry and adds to a balance, commits what arrived
 * together. WAL with `synchronous=FULL`, as durable as the server.
 */
const { folder, memberCount } = settingsOf<{ folder: string; memberCount: number }>();
const database = new DatabaseSync(join(folder, 'bare.db'));
database.exec(
  `PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-65536;
   CREATE TABLE keys (id TEXT PRIMARY KEY) WITHOUT ROWID;
   CREATE TABLE entries (member_id TEXT NOT NULL, id TEXT NOT NULL, points INTEGER NOT NULL, PRIMARY KEY (member_id, id)) WITHOUT ROWID;
   CREATE TABLE balances (member_id TEXT PRIMARY KEY, points INTEGER NOT NULL) WITHOUT ROWID`,
);
database.exec('BEGIN');
const enrol = database.prepare('INSERT INTO balances VALUES (?, 0)');
for (let index = 0; index < memberCount; index++) enrol.run(`customer-${index}`);
database.exec('COMMIT');
const insertKey = database.prepare('INSERT INTO keys VALUES (?)');
const insertEntry = database.prepare('INSERT INTO entries VALUES (?, ?, ?)');
const update = database.prepare('UPDATE balances SET points = points + ? WHERE member_id = ?');

interface Order {
  readonly id: string;
  readonly memberId: string;
  readonly lines: readonly { readonly netMinor: number }[];
}

let waiting: { readonly order: Order; readonly outgoing: ServerResponse }[] = [];

function commit(): void {
  const group = waiting;
  waiting = [];
  database.exec('BEGIN IMMEDIATE');
  for (const { order } of group) {
    const points = Math.floor(order.lines.reduce((sum, { netMinor }) => sum + netMinor, 0) / 100);
    insertKey.run(order.id);
    insertEntry.run(order.memberId, order.id, points);
    update.run(points, order.memberId);
  }
  database.exec('COMMIT');
  for (const { order, outgoing } of group) {
    const body = `{"order":"${order.id}"}`;
    outgoing.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
  }
}

const server = createServer((incoming, outgoing) => {
  const chunks: Buffer[] = [];
  incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
  incoming.on('end', () => {
    if (waiting.push({ order: JSON.parse(Buffer.concat(chunks).toString()) as Order, outgoing }) === 1)
      setImmediate(commit);
  });
});
server.listen(0, '127.0.0.1', () => {
  serveParent(
    { port: (server.address() as AddressInfo).port },
    () => process.cpuUsage(),
    () => database.close(),
  );
});
