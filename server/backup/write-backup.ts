import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Reader } from '../database/database.ts';
import { SCHEMA_VERSION } from './catalog.ts';
import { FORMAT, FORMAT_VERSION, type Header, type TableLine, type Trailer } from './format.ts';
import { readSnapshot } from './snapshot.ts';
import { pagesOf, TABLE_STATEMENTS } from './table-statements.ts';

export interface BackupOptions {
  readonly databaseUrl: string;
  /** Where the file goes. Nothing may be there yet. */
  readonly file: string;
  readonly now: () => number;
  /** Called with the number of rows so far. */
  readonly onProgress?: (rowCount: number) => void;
}

export interface WrittenBackup {
  readonly rowCount: number;
  readonly byteCount: number;
  readonly takenAt: string;
}

/**
 * Writes the store as it is now into one file. Servers may run and write meanwhile. The file appears under its name only
 * when it is whole and on disk; what a kill leaves ends in `.partial`, and the next run writes over it.
 *
 * @throws {Error} with a sentence for the operator.
 */
export async function writeBackup({ databaseUrl, file, now, onProgress }: BackupOptions): Promise<WrittenBackup> {
  if (existsSync(file)) throw new Error(`${file} is there already: name a new file.`);
  const partial = `${file}.partial`;
  try {
    const written = await readSnapshot(databaseUrl, async (reader) => {
      const takenAt = new Date(now()).toISOString();
      const counter = { rowCount: 0 };
      const handle = await open(partial, 'w', 0o600);
      try {
        const lines = Readable.from(chunksOf(reader, takenAt, counter, onProgress), { objectMode: false });
        await pipeline(lines, createGzip({ level: 6 }), async (packed: AsyncIterable<Buffer>) => {
          for await (const bytes of packed) await handle.appendFile(bytes);
        });
        await handle.sync();
        const { size } = await handle.stat();
        return { rowCount: counter.rowCount, byteCount: size, takenAt };
      } finally {
        await handle.close();
      }
    });
    await rename(partial, file);
    await syncFolder(dirname(file));
    return written;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** The name is on disk as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* chunksOf(
  reader: Reader,
  takenAt: string,
  counter: { rowCount: number },
  onProgress: (rowCount: number) => void = () => {},
): AsyncGenerator<Buffer> {
  const digest = createHash('sha256');
  const rows: Record<string, number> = {};
  const chunk = (values: readonly unknown[]): Buffer => {
    const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    digest.update(bytes);
    return bytes;
  };
  const header: Header = { format: FORMAT, version: FORMAT_VERSION, schema: SCHEMA_VERSION, takenAt };
  yield chunk([header]);
  for (const table of TABLE_STATEMENTS) {
    const { name, columns } = table.shape;
    rows[name] = 0;
    yield chunk([{ table: name, columns } satisfies TableLine]);
    for await (const page of pagesOf(table, (statement, params) => reader.all(statement, params))) {
      rows[name] += page.length;
      counter.rowCount += page.length;
      yield chunk(page.map((row) => columns.map((column) => row[column] ?? null)));
      onProgress(counter.rowCount);
      // The embedded store reads without waiting: a turn lets a signal or a timer in.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  const trailer: Trailer = { end: true, rows, sha256: digest.digest('base64url') };
  yield Buffer.from(`${JSON.stringify(trailer)}\n`);
}
