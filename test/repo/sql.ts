import { type AstNode, parseSource, textOf, walk } from './source-files.ts';

/** What some engine that speaks PostgreSQL's protocol, or SQLite, lacks or does otherwise, and the way around it. */
const NOT_PORTABLE: readonly (readonly [RegExp, string])[] = [
  [/\b(?:BIG|SMALL)?SERIAL\b/i, 'ids are made by the application, not by SERIAL'],
  [/\bAUTOINCREMENT\b/i, 'ids are made by the application, not by AUTOINCREMENT'],
  [/\bGENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY\b/i, 'ids are made by the application'],
  [/\b(?:CREATE|ALTER|DROP)\s+SEQUENCE\b|\bnextval\s*\(/i, 'no sequences'],
  [/\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:CONSTRAINT\s+)?TRIGGER\b/i, 'no triggers'],
  [/\bCREATE\s+(?:OR\s+REPLACE\s+)?(?:FUNCTION|PROCEDURE)\b/i, 'no stored procedures'],
  [/\bSKIP\s+LOCKED\b/i, 'a queue leases by a conditional update, not by SKIP LOCKED'],
  [/\bpg_(?:try_)?advisory_/i, 'no advisory locks'],
  [/\bLISTEN\s+\w+\s*;|\bNOTIFY\s+\w+/, 'no LISTEN and NOTIFY'],
  [/\bCREATE\s+(?:LOCAL\s+|GLOBAL\s+)?TEMP(?:ORARY)?\b/i, 'no temporary tables'],
  [/\bTRUNCATE\s+(?:TABLE\b|[a-z_]+)/, 'DELETE, not TRUNCATE'],
  [/\bTRUNCATE\s+TABLE\b/i, 'DELETE, not TRUNCATE'],
  [/\bCREATE\s+MATERIALIZED\b/i, 'no materialized views'],
  [/\bCREATE\s+DOMAIN\b/i, 'no domains'],
  [/(?:\w|\))\s\/\s(?:\w|\()/, 'integer division differs between engines'],
];

const STATEMENT =
  /^\s*(?:SELECT\b[\s\S]*\bFROM\b|INSERT\s+INTO\b|UPDATE\s+\S+\s+SET\b|DELETE\s+FROM\b|CREATE\s+|ALTER\s+TABLE\b|DROP\s+|TRUNCATE\b|WITH\s+\w+\s+AS\b)/i;

/** Whether a text is SQL rather than prose that begins with the same word, which begins with one capital letter. */
export const isSql = (text: string): boolean => STATEMENT.test(text) && !/^\s*[A-Z][a-z]/.test(text);

/** Tables whose rows belong to no program. Every other key begins with `program_id`. */
export const TABLES_WITHOUT_PROGRAM: ReadonlySet<string> = new Set(['schema_migrations', 'signing_keys']);

/** What in one piece of SQL would not run everywhere, or not scale. */
export function portabilityFaults(sql: string): string[] {
  const faults = NOT_PORTABLE.filter(([pattern]) => pattern.test(sql)).map(([, why]) => why);
  for (const [, table = '', body = ''] of sql.matchAll(
    /CREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?"?(\w+)"?\s*\(([\s\S]*)\)/gi,
  )) {
    const key =
      /PRIMARY\s+KEY\s*\(\s*"?(\w+)/i.exec(body)?.[1] ?? /"?(\w+)"?\s+[A-Z]+[^,]*PRIMARY\s+KEY/i.exec(body)?.[1];
    if (!key) faults.push(`table ${table} has no primary key`);
    else if (key !== 'program_id' && !TABLES_WITHOUT_PROGRAM.has(table)) {
      faults.push(`the key of ${table} begins with ${key}, not with program_id`);
    }
  }
  const unique = /CREATE\s+UNIQUE\s+INDEX\s+\w+\s+ON\s+(\w+)\s*\(\s*"?(\w+)/i.exec(sql);
  if (unique && unique[2] !== 'program_id')
    faults.push(`a unique index of ${unique[1]} does not begin with program_id`);
  return [...new Set(faults)];
}

/** Every text in a source that is SQL, or a part of it: what stands in Kysely's sql``. */
export function sqlIn(file: string, text: string): string[] {
  const found: string[] = [];
  walk(parseSource(file, text), (node) => {
    if (node.type === 'TaggedTemplateExpression' && (node['tag'] as AstNode)['name'] === 'sql') {
      found.push(quasisOf(node['quasi'] as AstNode).join('?'));
    }
    const plain = textOf(node);
    if (plain !== null && isSql(plain)) found.push(plain);
    if (node.type === 'TemplateLiteral') {
      const whole = quasisOf(node).join('?');
      if (plain === null && isSql(whole)) found.push(whole);
    }
  });
  return found;
}

const quasisOf = (node: AstNode): string[] =>
  (node['quasis'] as { value: { cooked: string | null } }[]).map(({ value }) => value.cooked ?? '');

/** A constant by its name: `MIGRATION_TABLE`. Its text is in the source, for everybody to read. */
const isConstant = (node: AstNode): boolean =>
  node.type === 'Identifier' && /^[A-Z][A-Z0-9_]*$/.test(String(node['name']));

/** SQL that is put together from values: where a value stands in the text, an attacker's value could stand. */
export function builtSql(file: string, text: string): string[] {
  const found: string[] = [];
  walk(parseSource(file, text), (node, parent) => {
    // Kysely's sql`` sends what stands in its holes as parameters.
    const isTagged = parent?.type === 'TaggedTemplateExpression';
    if (node.type === 'TemplateLiteral' && !isTagged && isSql(quasisOf(node).join('?'))) {
      const values = node['expressions'] as AstNode[];
      if (values.some((value) => !isConstant(value))) found.push(quasisOf(node).join('${…}'));
    }
    if (node.type === 'BinaryExpression' && node['operator'] === '+') {
      const left = textOf(node['left']);
      if (left !== null && isSql(left) && textOf(node['right']) === null) found.push(`${left}" + …`);
    }
    if (node.type === 'CallExpression') {
      const callee = node['callee'] as AstNode;
      const property = callee.type === 'MemberExpression' ? (callee['property'] as AstNode)['name'] : null;
      const object = callee.type === 'MemberExpression' ? (callee['object'] as AstNode)['name'] : null;
      const [argument] = node['arguments'] as AstNode[];
      if (object === 'sql' && property === 'raw' && argument && textOf(argument) === null) found.push('sql.raw(…)');
    }
  });
  return found;
}
