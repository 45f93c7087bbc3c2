import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import type { Instant } from '../shared/domain/time.ts';
import { createApp } from './app.ts';
import { migrate } from './database/migrate.ts';
import { openDatabase } from './database/open.ts';
import { createNodeFront, type NodeFront } from './http/node-front.ts';
import type { KeyPair } from './identity/program-keys.ts';
import { createLedgerThread } from './ledger/thread/threaded-ledger.ts';
import { NO_LIMITS } from './limits/limits.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics } from './metrics/metrics.ts';
import type { AppliedProgram } from './programs/program-store.ts';
import type { Services } from './routes/services.ts';
import { createServices } from './services.ts';
import type { Settings } from './settings.ts';
import { watchOthers } from './stream/watch-others.ts';

export interface StartOptions {
  /** Fixed in tests; the embedded store's ledger is then in the thread of the caller. */
  readonly clock?: () => Instant;
  /** Folder of the built storefront code; `dist/widgets` when absent. */
  readonly widgetsDirectory?: string;
}

/** A server that listens. */
export interface RunningServer {
  /** Where it listens on this machine, such as `http://localhost:8787`. */
  readonly url: string;
  /** Its public origin: issuer of tokens, audience of shops' JWTs. */
  readonly issuer: string;
  readonly services: Services;
  /** Publishes a program; `keys` only when it is new, and never again. */
  applyProgram(document: unknown): Promise<AppliedProgram & { readonly keys: KeyPair | null }>;
  /** Resolves with the reason should a part end without which it cannot serve: its process has to be started again. */
  readonly failed: Promise<Error>;
  /** Takes no more requests, ends those under way, and closes the database. */
  close(): Promise<void>;
}

/** From the start to that of the jobs: nothing waits for these, and a first answer does not either. */
const JOBS_START_MS = 300;

/** From the start to that of the ledger's thread, where no command comes first: who asks whether it is up does not wait. */
const LEDGER_START_MS = 1_000;
/** A request under way at the stop has this long. */
const STOP_MS = 10_000;
/** Longer than a request takes from the wire to its handler. */
const SWEEP_MS = 50;
/** A connection over which nothing has come by then was opened to be at hand, as browsers do. */
const SILENT_MS = 500;

/**
 * Opens the database, brings its schema up to date, and listens.
 *
 * @throws {Error} with a sentence for the operator: a database that does not open or is not durable, a port in use, a
 *   secret that is not this database's.
 */
export async function startServer(settings: Settings, options: StartOptions = {}): Promise<RunningServer> {
  const metrics = createMetrics();
  const log = metrics.log(createLog(settings.log));
  const store = await openDatabase(settings.databaseUrl);
  const database = metrics.database(store);
  const server = createServer({
    headersTimeout: 15_000,
    requestTimeout: 30_000,
    keepAliveTimeout: 65_000,
    // A request without a body has none to wait for.
    optimizeEmptyRequests: true,
  });
  const ledgerThread =
    store.share && !options.clock ? createLedgerThread({ database: store, secret: settings.secret }) : null;
  const starting = Promise.withResolvers<NodeFront>();
  let front: NodeFront | null = null;
  // Before it listens: a request that comes while the rest starts waits for it, instead of finding nobody.
  const answer = (message: IncomingMessage, outgoing: ServerResponse, awaitsContinue: boolean) => {
    // A stopping server lets go of each connection with its answer.
    if (!server.listening) outgoing.shouldKeepAlive = false;
    if (front) front.answer(message, outgoing, awaitsContinue);
    else void starting.promise.then((started) => started.answer(message, outgoing, awaitsContinue));
  };
  server.on('request', (message, outgoing) => answer(message, outgoing, false));
  server.on('checkContinue', (message, outgoing) => answer(message, outgoing, true));
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  try {
    await migrate(database, (options.clock ?? Date.now)());
    const port = await listen(server, settings.port);
    const url = `http://localhost:${port}`;
    const issuer = settings.publicUrl ?? url;
    const services = await createServices({
      database,
      secret: settings.secret,
      issuer,
      metrics: { metrics, token: settings.metricsToken ?? null },
      webhooks: { allowPrivate: settings.webhookAllowPrivate ?? false },
      limits: { settings: settings.rateLimits ?? NO_LIMITS, proxyCount: settings.proxyCount ?? 0 },
      ...options,
      ledgerThread,
    });
    const app = createApp(services, log);
    const started = createNodeFront(app.serve, log);
    front = started;
    starting.resolve(started);
    const startLedger = setTimeout(() => ledgerThread?.start(), LEDGER_START_MS);
    void ledgerThread?.failed.then((error) => log.error('the ledger ended', error));
    const jobs = startJobsSoon(services, log);
    const others = watchOthers(database, services.changes, (error) => log.error('watching failed', error));
    return {
      url,
      issuer,
      services,
      failed: ledgerThread?.failed ?? new Promise(() => {}),
      applyProgram: (document) => applyProgram(services, document),
      async close() {
        clearTimeout(startLedger);
        services.streams.stop();
        others.stop();
        started.endStreams();
        await stop(server, sockets);
        await jobs.stop();
        services.sender.close();
        await ledgerThread?.close();
        metrics.stop();
        await database.close();
      },
    };
  } catch (error) {
    server.close();
    server.closeAllConnections();
    await ledgerThread?.close();
    metrics.stop();
    await database.close();
    throw error;
  }
}

/** Starts the jobs a moment later, and loads only then what they need. */
function startJobsSoon(services: Services, log: Log): { stop(): Promise<void> } {
  let started: Promise<{ stop(): Promise<void> }> | null = null;
  const timer = setTimeout(() => {
    started = Promise.all([import('./jobs/all-jobs.ts'), import('./jobs/runner.ts')]).then(
      ([{ allJobs }, { startJobs }]) => startJobs(allJobs(services), { ...services, log }),
    );
  }, JOBS_START_MS);
  return {
    async stop() {
      clearTimeout(timer);
      await (await started)?.stop();
    },
  };
}

/** Publishes a program document, and makes its first keys when it is new. */
export async function applyProgram(
  { programs, keys }: Pick<Services, 'programs' | 'keys'>,
  document: unknown,
  effectiveAt?: Instant,
): Promise<AppliedProgram & { readonly keys: KeyPair | null }> {
  const applied = await programs.apply(document, effectiveAt);
  return { ...applied, keys: applied.created ? await keys.issue(applied.program.id) : null };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE'
          ? new Error(`Port ${port} is in use: stop what uses it, or set PORT to another one.`)
          : error,
      );
    });
    server.listen(port, () => resolve((server.address() as AddressInfo).port));
  });
}

/**
 * Takes no more connections, answers what is under way, and closes each connection once it only waits. One that is still
 * busy after {@link STOP_MS} is cut.
 */
function stop(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    const cutSilent = setTimeout(() => {
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
    }, SILENT_MS);
    const cut = setTimeout(() => server.closeAllConnections(), STOP_MS);
    // Of `net`, not of `http`: that one cuts at once what looks idle, among it connections whose first request is on its way.
    NetServer.prototype.close.call(server, () => {
      clearInterval(sweep);
      clearTimeout(cutSilent);
      clearTimeout(cut);
      resolve();
    });
  });
}
