import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import type { Value } from '../database/statement.ts';
import { SCHEMA_VERSION } from './catalog.ts';
import { BackupFault, FORMAT, FORMAT_VERSION, type Header, type TableLine, type Trailer } from './format.ts';

/** What a backup holds, table by table. */
export type BackupPart =
  | { readonly kind: 'header'; readonly header: Header }
  | {
      readonly kind: 'rows';
      readonly table: string;
      readonly columns: readonly string[];
      readonly rows: readonly (readonly Value[])[];
    };

/** Rows given at once. */
const ROWS_MAX = 1_000;

/**
 * Reads a backup from its start to its end. The last line is checked against all before it, so a reader that comes to
 * the end has read what was written.
 *
 * @throws {BackupFault} for a file that is no backup, is damaged, ends early, or is of a schema that this program has not.
 */
export async function* readBackup(file: string): AsyncGenerator<BackupPart> {
  const digest = createHash('sha256');
  const counts: Record<string, number> = {};
  let header: Header | null = null;
  let table: TableLine | null = null;
  let trailer: Trailer | null = null;
  let rows: Value[][] = [];
  let lineCount = 0;
  for await (const line of linesOf(file)) {
    lineCount++;
    if (trailer) throw new BackupFault(`${file} goes on behind its end (line ${lineCount}).`);
    const value = parsed(file, line, lineCount);
    if (!header) {
      header = headerOf(file, value);
      yield { kind: 'header', header };
    } else if (Array.isArray(value)) {
      if (!table || value.length !== table.columns.length) {
        throw new BackupFault(`${file} is damaged: line ${lineCount} is no row of its table.`);
      }
      rows.push(value as Value[]);
      if (rows.length === ROWS_MAX) {
        yield rowsOf(table, rows, counts);
        rows = [];
      }
    } else {
      if (table && rows.length > 0) yield rowsOf(table, rows, counts);
      rows = [];
      if (isTrailer(value)) {
        trailer = value;
        continue;
      }
      table = tableOf(file, value, lineCount);
      counts[table.table] = 0;
    }
    digest.update(line).update('\n');
  }
  if (!header) throw new BackupFault(`${file} is empty.`);
  if (!trailer) throw new BackupFault(`${file} ends early: it was cut off after line ${lineCount}.`);
  if (trailer.sha256 !== digest.digest('base64url') || JSON.stringify(trailer.rows) !== JSON.stringify(counts)) {
    throw new BackupFault(`${file} is damaged: its checksum is not that of its content.`);
  }
}

function rowsOf({ table, columns }: TableLine, rows: readonly Value[][], counts: Record<string, number>): BackupPart {
  counts[table] = (counts[table] ?? 0) + rows.length;
  return { kind: 'rows', table, columns, rows };
}

/** Lines as bytes: what is digested is what was written. */
async function* linesOf(file: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  const source = createReadStream(file);
  const unpacked = createGunzip();
  source.on('error', (error) => unpacked.destroy(error));
  source.pipe(unpacked);
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      let start = 0;
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      for (let end = bytes.indexOf(10, start); end >= 0; end = bytes.indexOf(10, start)) {
        yield bytes.subarray(start, end);
        start = end + 1;
      }
      rest = bytes.subarray(start);
    }
  } catch (error) {
    throw readFault(file, error);
  } finally {
    source.destroy();
  }
  if (rest.length > 0) throw new BackupFault(`${file} ends early, in the middle of a line.`);
}

function readFault(file: string, error: unknown): unknown {
  const { code } = error as { readonly code?: unknown };
  if (code === 'Z_BUF_ERROR') return new BackupFault(`${file} ends early: it was cut off.`);
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new BackupFault(`${file} is damaged or no backup: it cannot be unpacked.`);
  }
  if (code === 'ENOENT' || code === 'EISDIR' || code === 'EACCES') {
    return new BackupFault(`${file} cannot be read (${code}).`);
  }
  return error;
}

function parsed(file: string, line: Buffer, lineCount: number): unknown {
  try {
    return JSON.parse(line.toString('utf8'));
  } catch {
    throw new BackupFault(`${file} is damaged or no backup: line ${lineCount} is not JSON.`);
  }
}

function headerOf(file: string, value: unknown): Header {
  const header = value as Partial<Header> | null;
  if (header?.format !== FORMAT) throw new BackupFault(`${file} is no backup of Laurel.`);
  if (header.version !== FORMAT_VERSION) {
    throw new BackupFault(`${file} is of format ${header.version}, this program reads ${FORMAT_VERSION}.`);
  }
  if (header.schema !== SCHEMA_VERSION) {
    throw new BackupFault(
      `${file} is of schema ${header.schema}, this program has ${SCHEMA_VERSION}: restore it with the program that wrote it, then run the newer one on the restored store.`,
    );
  }
  return header as Header;
}

function tableOf(file: string, value: unknown, lineCount: number): TableLine {
  const line = value as Partial<TableLine> | null;
  if (typeof line?.table !== 'string' || !Array.isArray(line.columns)) {
    throw new BackupFault(`${file} is damaged: line ${lineCount} opens no table.`);
  }
  return line as TableLine;
}

const isTrailer = (value: unknown): value is Trailer => (value as Partial<Trailer> | null)?.end === true;
