import { MIGRATIONS } from '../database/migrations.ts';

/** A table as the migrations leave it. */
export interface TableShape {
  readonly name: string;
  readonly columns: readonly string[];
  /** Columns of the primary key: the order in which rows are read. */
  readonly key: readonly string[];
}

/** Every table but the record of migrations, which a store makes for itself. */
export const TABLES: readonly TableShape[] = tablesAfter(MIGRATIONS.flatMap(({ statements }) => statements));

/** The schema that these tables are of. */
export const SCHEMA_VERSION = MIGRATIONS.at(-1)?.version ?? 0;

/** Reads the shapes out of the statements that make them, so that a new table is in a backup without anybody's thought. */
export function tablesAfter(statements: readonly string[]): TableShape[] {
  const tables = new Map<string, { name: string; columns: string[]; key: string[] }>();
  for (const statement of statements) {
    const created = /^CREATE TABLE (?:IF NOT EXISTS )?(\w+) \((.*)\)$/s.exec(statement);
    if (created) {
      const [, name = '', body = ''] = created;
      const parts = topLevelParts(body);
      const key = parts.find((part) => part.startsWith('PRIMARY KEY'));
      const columns = parts.filter((part) => /^[a-z]/.test(part)).map((part) => part.split(/\s/)[0] ?? '');
      if (!key) throw new TypeError(`catalog: ${name} has no primary key`);
      tables.set(name, { name, columns, key: key.replace(/^PRIMARY KEY\s*\(|\)$/g, '').split(/,\s*/) });
      continue;
    }
    const added = /^ALTER TABLE (\w+) ADD COLUMN (\w+)/.exec(statement);
    if (added) tables.get(added[1] ?? '')?.columns.push(added[2] ?? '');
    const dropped = /^DROP TABLE (?:IF EXISTS )?(\w+)/.exec(statement);
    if (dropped) tables.delete(dropped[1] ?? '');
    if (statement.startsWith('ALTER TABLE') && !added) throw new TypeError(`catalog: cannot read ${statement}`);
  }
  return [...tables.values()];
}

/** Cuts at the commas that stand in no parentheses. */
function topLevelParts(body: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let start = 0;
  for (let index = 0; index <= body.length; index++) {
    const sign = body[index];
    if (sign === '(') depth++;
    if (sign === ')') depth--;
    if (index === body.length || (sign === ',' && depth === 0)) {
      parts.push(body.slice(start, index).trim());
      start = index + 1;
    }
  }
  return parts;
}
