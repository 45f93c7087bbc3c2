import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';

/** The floor of a start: opens an SQLite file and answers by Hono. */
const [folder = '', port = ''] = process.argv.slice(2);
const database = new DatabaseSync(join(folder, 'bare.db'));
database.exec('PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS facts (id TEXT PRIMARY KEY)');
const app = new Hono();
app.get('/healthz', (c) => c.json({ rows: database.prepare('SELECT count(*) AS n FROM facts').get() }));
serve({ fetch: app.fetch, port: Number(port) });
