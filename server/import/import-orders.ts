import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { type Database, first } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { type BadLine, type ImportedOrder, type ImportTarget, isBadLine, type OrderReader } from './order-lines.ts';
import { readCdnow } from './read-cdnow.ts';
import { readCsv } from './read-csv.ts';

/** File formats by the name that the command line gives them. */
export const FORMATS: Readonly<Record<string, OrderReader>> = { cdnow: readCdnow, csv: readCsv };

/** Orders under way at once; also how much is repeated at most after an interruption. */
const CHUNK_SIZE = 1_024;

const linesDone = statement<{ lines_done: number }>((db, p) =>
  db
    .selectFrom('imports')
    .select('lines_done')
    .where('program_id', '=', p('programId'))
    .where('source', '=', p('source')),
);

const recordLines = statement((db, p) =>
  db
    .insertInto('imports')
    .values({ program_id: p('programId'), source: p('source'), lines_done: p('lines'), updated_at: p('now') })
    .onConflict((on) =>
      on.columns(['program_id', 'source']).doUpdateSet((eb) => ({
        lines_done: eb.ref('excluded.lines_done'),
        updated_at: eb.ref('excluded.updated_at'),
      })),
    ),
);

export interface ImportProgress {
  /** Orders of the file that are in the ledger now. */
  orderCount: number;
  /** Of these, orders that this run found there already. */
  replayedCount: number;
  lineNumber: number;
  bytesRead: number;
}

export interface ImportResult extends ImportProgress {
  readonly badLines: readonly BadLine[];
}

export interface ImportParts {
  readonly database: Database;
  readonly ledger: Ledger;
  readonly clock: () => Instant;
  readonly programId: string;
  readonly target: ImportTarget;
  readonly path: string;
  readonly read: OrderReader;
  readonly onProgress: (progress: ImportProgress) => void;
}

/**
 * Sends a file of past orders through the ledger's own commands, oldest line first. Safe to repeat: orders keep their
 * ids. An interrupted run goes on after the last line that it recorded; what it had sent beyond is found and counted.
 */
export async function importOrders(parts: ImportParts): Promise<ImportResult> {
  const { database, programId, clock } = parts;
  const source = await sourceOf(parts.path);
  const start = (await first(database, linesDone, { programId, source }))?.lines_done ?? 0;
  const progress: ImportProgress = { orderCount: 0, replayedCount: 0, lineNumber: 0, bytesRead: 0 };
  const badLines: BadLine[] = [];
  /** A refused order may be accepted under the next program version: such a file is sent again from its start. */
  let refusedCount = 0;
  let chunk: ImportedOrder[] = [];

  const send = async () => {
    const answers = await Promise.allSettled(chunk.map(({ order }) => parts.ledger.importOrder(programId, order)));
    answers.forEach((answer, index) => {
      const { lineNumber } = chunk[index] as ImportedOrder;
      if (answer.status === 'fulfilled') {
        progress.orderCount++;
        if (answer.value.replayed) progress.replayedCount++;
      } else if (answer.reason instanceof LoyaltyError) {
        refusedCount++;
        badLines.push({ lineNumber, reason: answer.reason.message });
      } else {
        throw answer.reason;
      }
    });
    chunk = [];
    const { lineNumber } = progress;
    // The record of a line comes after its order: an interruption in between only repeats it.
    await database.transaction((tx) =>
      tx.run(recordLines, {
        programId,
        source,
        lines: refusedCount === 0 ? Math.max(start, lineNumber) : start,
        now: clock(),
      }),
    );
    parts.onProgress(progress);
  };

  const file = createReadStream(parts.path);
  for await (const item of parts.read(file, parts.target)) {
    progress.lineNumber = item.lineNumber;
    progress.bytesRead = file.bytesRead;
    if (isBadLine(item)) {
      badLines.push(item);
    } else if (item.lineNumber <= start) {
      progress.orderCount++;
      progress.replayedCount++;
    } else {
      chunk.push(item);
      if (chunk.length === CHUNK_SIZE) await send();
    }
  }
  await send();
  badLines.sort((a, b) => a.lineNumber - b.lineNumber);
  return { ...progress, badLines };
}

/** Names a file by its content: an edited file is another source, and is read from its start. */
async function sourceOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return `sha256-${hash.digest('base64url')}`;
}
