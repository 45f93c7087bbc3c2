import type { Duplex } from 'node:stream';
import pg from 'pg';
import { type Batch, type Lookup, paddedKeys, powersOfTwo, withKeys } from './batch.ts';
import { ATTEMPT_COUNT_MAX, type Database, type Transaction, WriteConflict } from './database.ts';
import { checkSchema } from './migrate.ts';
import { type Compiled, type Params, type Statement, type Value, valuesOf } from './statement.ts';

/** Connections of one server. More only queue inside a database of few cores. */
const POOL_SIZE = 10;

const BIGINT_OID = 20;
const NUMERIC_OID = 1700;

/**
 * SQLSTATEs after which the same transaction may succeed: serialization failure, deadlock, and a key or table that
 * another writer made in between (the repeat then sees what that writer wrote).
 */
const RETRYABLE: ReadonlySet<string> = new Set(['40001', '40P01', '23505', '42P07']);

/** Connection lost: SQLSTATE classes 08 and 57P, and Node's own codes. The outcome of a commit is then unknown. */
const isConnectionLoss = (code: string) =>
  code.startsWith('08') || code.startsWith('57P') || /^(?:ECONNRESET|EPIPE|ECONNREFUSED|ETIMEDOUT)$/.test(code);

/** What the client says, without a code, of a connection that the other side ended. */
const ENDED = /^(?:Connection terminated|Client has encountered a connection error)/;

/** SQLSTATE of the database, or Node's code of a broken connection. */
function codeOf(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  if (typeof code === 'string') return code;
  return typeof message === 'string' && ENDED.test(message) ? 'ECONNRESET' : '';
}

/** PostgreSQL, or an engine that speaks its protocol. */
export async function openPostgres(url: string): Promise<Database> {
  const pool = new pg.Pool({
    connectionString: url,
    max: POOL_SIZE,
    types: { getTypeParser: typeParser as never },
    pipeline: true,
    application_name: 'laurel',
  });
  // A connection that breaks is replaced by the pool, and whoever waits for its answer is told; without a listener, while
  // it is idle and while it is not, it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  try {
    await checkDurable(pool);
  } catch (error) {
    await pool.end();
    throw error;
  }
  return new PostgresDatabase(pool);
}

/** `BIGINT` and sums of it as numbers; the schema holds none beyond 2^53 - 1, and one that is fails loudly. */
function typeParser(oid: number, format: 'text' | 'binary'): (text: string) => unknown {
  if (oid === BIGINT_OID || oid === NUMERIC_OID) {
    return (text) => {
      const value = Number(text);
      if (!Number.isSafeInteger(value)) throw new RangeError(`database: ${text} is not a whole number below 2^53`);
      return value;
    };
  }
  return pg.types.getTypeParser(oid, format as never) as (text: string) => unknown;
}

/** @throws {Error} when the server acknowledges commits that a crash can lose. */
async function checkDurable(pool: pg.Pool): Promise<void> {
  for (const [setting, refused] of [
    ['fsync', ['off']],
    ['full_page_writes', ['off']],
    ['synchronous_commit', ['off']],
  ] as const) {
    const value = await pool.query(`SHOW ${setting}`).then(
      ({ rows }) => String(Object.values((rows as Record<string, unknown>[])[0] ?? {})[0]),
      (error: unknown) => {
        // Engines that only speak the protocol have their own durability and do not know the setting.
        const code = codeOf(error);
        if (code.startsWith('42') || code === '22023') return 'unknown';
        throw error;
      },
    );
    if ((refused as readonly string[]).includes(value)) {
      throw new Error(
        `PostgreSQL runs with ${setting} = ${value}: a crash would lose points that were acknowledged. Set it to on.`,
      );
    }
  }
}

/**
 * Statements go out as they are given, without a wait for the answer to the one before: PostgreSQL runs them in their
 * order. So a caller that needs no answer in between pays for one round trip.
 */
class Session implements Transaction {
  readonly #client: pg.ClientBase | pg.Pool;
  /** Writes whose answers nobody waits for yet. */
  #pending: Promise<unknown>[] = [];

  constructor(client: pg.ClientBase | pg.Pool) {
    this.#client = client;
  }

  #query({ name, text }: Compiled, values: Value[]): Promise<pg.QueryResult> {
    holdBack(this.#client);
    return this.#client.query({ name, text, values });
  }

  async all<Row>(statement: Statement<Row>, params: Params): Promise<readonly Row[]> {
    const compiled = statement.compile('postgres');
    return (await this.#query(compiled, valuesOf(compiled, params))).rows as Row[];
  }

  async run(statement: Statement<unknown>, params: Params): Promise<number> {
    const compiled = statement.compile('postgres');
    return (await this.#query(compiled, valuesOf(compiled, params))).rowCount ?? 0;
  }

  async allIn<Row>(lookup: Lookup<Row>, params: Params, keys: readonly Value[]): Promise<readonly Row[]> {
    const runs = paddedKeys(keys).map(async (run) => {
      const compiled = lookup.statement(run.length).compile('postgres');
      const values = valuesOf(compiled, withKeys(params, run));
      // Planned anew each time: a plan that is kept from when a table was small compares every row with every key.
      holdBack(this.#client);
      return (await this.#client.query({ text: compiled.text, values })).rows as Row[];
    });
    return (await Promise.all(runs)).flat();
  }

  async insert(batch: Batch, rows: readonly (readonly Value[])[]): Promise<void> {
    for (const run of powersOfTwo(rows)) this.send(this.#query(batch.compile('postgres', run.length), run.flat()));
  }

  /** Puts a statement on its way; {@link settle} learns what came of it. */
  send(answer: Promise<unknown>): void {
    // The first failure is the one that tells; those behind it only say that the transaction is aborted.
    answer.catch(() => {});
    this.#pending.push(answer);
  }

  /** @throws what the first statement that failed was answered with. */
  async settle(): Promise<void> {
    const pending = this.#pending;
    this.#pending = [];
    for (const answer of pending) await answer;
  }
}

/** Lets what one turn sends leave in one packet, instead of a system call for each statement. */
function holdBack(client: pg.ClientBase | pg.Pool): void {
  const { stream } = (client as { readonly connection?: { readonly stream?: Duplex } }).connection ?? {};
  if (!stream) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

class PostgresDatabase implements Database {
  readonly dialect = 'postgres';
  readonly #pool: pg.Pool;
  readonly #reader: Session;

  constructor(pool: pg.Pool) {
    this.#pool = pool;
    this.#reader = new Session(pool);
  }

  all<Row>(statement: Statement<Row>, params: Params): Promise<readonly Row[]> {
    return this.#reader.all(statement, params);
  }

  async transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        const code = codeOf(error);
        const again = error instanceof WriteConflict || RETRYABLE.has(code) || isConnectionLoss(code);
        if (!again || attempt >= ATTEMPT_COUNT_MAX) throw error;
        // Full jitter: writers that met once do not meet again in step.
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 5 * 2 ** attempt));
      }
    }
  }

  async #attempt<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    const session = new Session(client);
    let broken = false;
    try {
      session.send(client.query('BEGIN'));
      const value = await work(session);
      // Goes out behind the last writes: where one of them failed, PostgreSQL takes it for a ROLLBACK.
      session.send(client.query('COMMIT'));
      await session.settle();
      return value;
    } catch (error) {
      // What failed first is the reason, not the complaint of a later statement that the transaction is aborted.
      const reason = await session.settle().then(
        () => error,
        (earlier: unknown) => earlier,
      );
      await client.query('ROLLBACK').catch(() => {
        broken = true;
      });
      throw reason;
    } finally {
      client.release(broken);
    }
  }

  async check(): Promise<void> {
    await checkSchema(this);
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
