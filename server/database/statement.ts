import {
  type Compilable,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from 'kysely';
import type { Tables } from './tables.ts';

export type Dialect = 'sqlite' | 'postgres';
export type Value = string | number | null;
export type Params = Readonly<Record<string, Value>>;

/** A statement's text in one dialect, with the names of its parameters in the order in which the text takes them. */
export interface Compiled {
  /** Short and unique: PostgreSQL keeps the plan under it. */
  readonly name: string;
  readonly text: string;
  readonly parameterNames: readonly string[];
}

/** A statement built once with Kysely and run many times: building it anew at each call costs 0.3 ms a transaction. */
export interface Statement<Row> {
  compile(dialect: Dialect): Compiled;
  /** Only the type: what a row holds. */
  readonly row?: Row;
}

class Parameter {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** Builders that only compile; nothing is ever run through them. */
const builders: Record<Dialect, Kysely<Tables>> = {
  sqlite: new Kysely({
    dialect: {
      createAdapter: () => new SqliteAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new SqliteIntrospector(db),
      createQueryCompiler: () => new SqliteQueryCompiler(),
    },
  }),
  postgres: new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  }),
};

let statementCount = 0;

/**
 * Declares a statement at module level.
 *
 * @param build Gets the query builder and a function that stands for a parameter by its name.
 */
export function statement<Row>(
  build: (db: Kysely<Tables>, parameter: (name: string) => never) => Compilable<Row>,
): Statement<Row> {
  const name = `s${++statementCount}`;
  const compiled: Partial<Record<Dialect, Compiled>> = {};
  return {
    compile(dialect) {
      return (compiled[dialect] ??= compileWith(name, dialect, build));
    },
  };
}

function compileWith<Row>(
  name: string,
  dialect: Dialect,
  build: (db: Kysely<Tables>, parameter: (name: string) => never) => Compilable<Row>,
): Compiled {
  const { sql, parameters } = build(builders[dialect], (parameter) => new Parameter(parameter) as never).compile();
  const parameterNames = parameters.map((parameter) => {
    if (parameter instanceof Parameter) return parameter.name;
    throw new TypeError(`statement: a literal ${String(parameter)} in ${sql}; name it as a parameter`);
  });
  return { name, text: sql, parameterNames };
}

/** A fixed text without parameters, the same in both dialects: schema changes. */
export function textStatement(text: string): Statement<unknown> {
  const name = `s${++statementCount}`;
  return { compile: () => ({ name, text, parameterNames: [] }) };
}

/** A statement's parameters in the order of its text. */
export function valuesOf({ parameterNames, text }: Compiled, params: Params): Value[] {
  return parameterNames.map((name) => {
    const value = params[name];
    if (value === undefined) throw new TypeError(`statement: parameter ${name} is missing in ${text}`);
    return value;
  });
}
