/** Something that is not as the server wrote it. */
export class Finding extends Error {
  override readonly name = 'Finding';
  /** The table that holds it. */
  readonly table: string;
  /** Which row. */
  readonly key: string;
  readonly what: string;

  constructor(table: string, key: string, what: string) {
    super(`${table} ${key}: ${what}`);
    this.table = table;
    this.key = key;
    this.what = what;
  }
}
