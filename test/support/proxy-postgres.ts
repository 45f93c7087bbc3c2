import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/**
 * A proxy between Laurel and a real PostgreSQL that understands enough of the protocol to do harm at a chosen moment of a
 * transaction. What fails by a SQLSTATE fails in PostgreSQL itself: the proxy has it raise the error.
 */
export type Fault =
  /** The connection ends when a transaction's first statement comes. */
  | 'cut in the transaction'
  /** The connection ends and PostgreSQL never hears of the COMMIT. */
  | 'cut before COMMIT'
  /** The connection ends when PostgreSQL has committed and before anybody is told. */
  | 'cut after COMMIT'
  | '40001 at COMMIT'
  | '40P01 at COMMIT'
  | '40001 at BEGIN'
  /** A new connection ends before it is answered. */
  | 'cut while connecting';

export const FAULTS: readonly Fault[] = [
  'cut in the transaction',
  'cut before COMMIT',
  'cut after COMMIT',
  '40001 at COMMIT',
  '40P01 at COMMIT',
  '40001 at BEGIN',
  'cut while connecting',
];

export interface PostgresProxy {
  /** For `DATABASE_URL`. */
  readonly url: string;
  /** Times that each fault was done. */
  readonly done: ReadonlyMap<Fault, number>;
  close(): Promise<void>;
}

/**
 * @param next - Asked at every BEGIN and every new connection which fault is to be done, if any.
 * @param random - Whether a cut connection ends in order or by a reset.
 */
export async function startPostgresProxy(
  target: string,
  next: (at: 'begin' | 'connect') => Fault | null,
  random: () => number,
): Promise<PostgresProxy> {
  const { hostname, port } = new URL(target);
  const done = new Map<Fault, number>();
  const open = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const database = connect({ host: hostname, port: Number(port || 5432), noDelay: true });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ] as const) {
      open.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
    const did = (fault: Fault) => done.set(fault, (done.get(fault) ?? 0) + 1);
    const cut = (fault: Fault) => {
      did(fault);
      if (random() < 0.5) client.destroy();
      else client.resetAndDestroy();
      database.destroy();
    };
    if (next('connect')) return cut('cut while connecting');

    let fault: Fault | null = null;
    const toDatabase = messages(true, (type, bytes) => {
      const text = type === 'Q' ? bytes.toString('utf8', 5, bytes.length - 1) : '';
      if (text === 'BEGIN') {
        fault = next('begin');
        if (fault === '40001 at BEGIN') {
          did(fault);
          return void database.write(query(`BEGIN; ${raise('40001')}`));
        }
      } else if (fault === 'cut in the transaction' && type === 'P') {
        return cut(fault);
      } else if (text === 'COMMIT') {
        if (fault === 'cut before COMMIT') return cut(fault);
        if (fault === '40001 at COMMIT' || fault === '40P01 at COMMIT') {
          did(fault);
          return void database.write(query(raise(fault.slice(0, 5))));
        }
      }
      database.write(bytes);
    });
    const toClient = messages(false, (type, bytes) => {
      const isCommitted = type === 'C' && bytes.toString('utf8', 5, bytes.length - 1) === 'COMMIT';
      if (isCommitted && fault === 'cut after COMMIT') return cut(fault);
      if (!client.destroyed) client.write(bytes);
    });
    client.on('data', (chunk) => client.destroyed || toDatabase(chunk));
    database.on('data', toClient);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(target);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    done,
    async close() {
      server.close();
      for (const socket of open) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Has PostgreSQL itself fail, inside the transaction, by a SQLSTATE. */
const raise = (code: string) => `DO $$BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '${code}'; END$$`;

function query(text: string): Buffer {
  const body = Buffer.from(`${text}\0`);
  const head = Buffer.alloc(5);
  head.write('Q');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** Cuts a stream into messages of PostgreSQL's protocol. A client's first has no type. */
function messages(hasStartup: boolean, take: (type: string, bytes: Buffer) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  let isStartup = hasStartup;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const typeLength = isStartup ? 0 : 1;
      if (rest.length < typeLength + 4) return;
      const length = typeLength + rest.readInt32BE(typeLength);
      if (rest.length < length) return;
      const bytes = rest.subarray(0, length);
      rest = rest.subarray(length);
      const type = isStartup ? '' : String.fromCharCode(bytes[0] as number);
      isStartup = false;
      take(type, bytes);
    }
  };
}
