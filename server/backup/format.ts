/**
 * A backup is one gzip file of lines. Every line is JSON: first a {@link Header}; then for each table its name and
 * columns, and its rows as lists of values; last a {@link Trailer} with the number of rows and a digest over all lines
 * before it. Nothing in it depends on the kind of store, so that a shop moves from one to another by it.
 */

export const FORMAT = 'laurel-backup';
export const FORMAT_VERSION = 1;

export interface Header {
  readonly format: typeof FORMAT;
  readonly version: number;
  /** Version of the database's schema. */
  readonly schema: number;
  /** ISO 8601: the instant whose state this is. */
  readonly takenAt: string;
}

/** Opens a table; lists of values follow until the next line that is no list. */
export interface TableLine {
  readonly table: string;
  readonly columns: readonly string[];
}

export interface Trailer {
  readonly end: true;
  /** Rows by table. */
  readonly rows: Readonly<Record<string, number>>;
  /** base64url SHA-256 over every byte before this line, uncompressed. */
  readonly sha256: string;
}

/** A backup that cannot be taken back. The message says what is wrong with it, and of which line where that is known. */
export class BackupFault extends Error {
  override readonly name = 'BackupFault';
}
