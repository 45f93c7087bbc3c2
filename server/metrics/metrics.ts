import { monitorEventLoopDelay } from 'node:perf_hooks';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Database } from '../database/database.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { Log, LogFields } from '../log.ts';
import { createRegistry, type Registry } from './registry.ts';

/** Seconds: from a cached reading to what somebody gives up on. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128] as const;

/** Commands that write points, by the method of the ledger that takes them. */
const COMMANDS = {
  postOrder: 'order',
  postRefund: 'refund',
  settleRefunds: 'refund_total',
  postAdjustment: 'adjustment',
  postEvent: 'event',
  postOwnEvent: 'own_event',
  pinTier: 'tier',
  useBenefit: 'benefit',
  extendLots: 'extension',
  expireLots: 'expiry',
  reviewTier: 'review',
  importOrder: 'import',
  run: 'other',
} as const satisfies Partial<Record<keyof Ledger, string>>;

/** What this server does, in numbers. Each part is watched from outside: it does not know of it. */
export interface Metrics {
  /** In Prometheus' text format. */
  text(): string;
  /** The same log, counted: requests and jobs are what it is told of anyway. */
  log(log: Log): Log;
  database(database: Database): Database;
  ledger(ledger: Ledger): Ledger;
  /** Told of each group of commands that is decided together. */
  onGroup(size: number): void;
  stop(): void;
}

export function createMetrics(): Metrics {
  const registry = createRegistry();
  const requests = registry.counter('laurel_http_requests_total', 'Requests answered, by route and status.');
  const requestSeconds = registry.histogram('laurel_http_request_seconds', 'Time to answer, by route.', SECONDS);
  const failures = registry.counter(
    'laurel_failures_total',
    'Bugs and broken parts that the log has told of, by event.',
  );
  const jobs = registry.counter('laurel_job_runs_total', 'Runs of jobs that did something, and that failed.');
  const jobWork = registry.counter('laurel_job_work_total', 'What jobs did, by job and kind of work.');
  const commands = registry.counter('laurel_ledger_commands_total', 'Ledger commands, by kind and outcome.');
  const commandSeconds = registry.histogram(
    'laurel_ledger_command_seconds',
    'From a command to its durable answer.',
    SECONDS,
  );
  const groups = registry.histogram(
    'laurel_ledger_group_size',
    'Commands decided and committed together.',
    GROUP_SIZES,
  );
  const transactions = registry.histogram(
    'laurel_database_transaction_seconds',
    'Transactions, from begin to durable commit.',
    SECONDS,
  );
  let waiting = 0;
  registry.gauge('laurel_ledger_queue_length', 'Commands that wait for their answer.', () => waiting);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  addProcess(registry, delay);

  function count(event: string, { route, status, ms, job, ...rest }: LogFields): void {
    if (event === 'request' && typeof route === 'string') {
      requests.add({ route, status: String(status) });
      requestSeconds.observe({ route }, Number(ms) / 1_000);
    } else if (event === 'job' && typeof job === 'string') {
      jobs.add({ job, outcome: 'done' });
      for (const [work, value] of Object.entries(rest)) {
        if (typeof value === 'number') jobWork.add({ job, work }, value);
      }
    }
  }

  return {
    text: () => registry.text(),
    log: (log) => ({
      isInfo: true,
      info(event, fields = {}) {
        count(event, fields);
        if (log.isInfo) log.info(event, fields);
      },
      error(event, error, fields = {}) {
        failures.add({ event });
        if (event === 'job failed' && typeof fields['job'] === 'string')
          jobs.add({ job: fields['job'], outcome: 'failed' });
        log.error(event, error, fields);
      },
    }),
    database: (database) => ({
      dialect: database.dialect,
      all: (statement, params) => database.all(statement, params),
      async transaction(work) {
        const startedAt = performance.now();
        try {
          const value = await database.transaction(work);
          transactions.observe({ outcome: 'committed' }, (performance.now() - startedAt) / 1_000);
          return value;
        } catch (error) {
          transactions.observe({ outcome: 'undone' }, (performance.now() - startedAt) / 1_000);
          throw error;
        }
      },
      check: () => database.check(),
      close: () => database.close(),
    }),
    ledger(ledger) {
      const metered: Record<string, unknown> = { ...ledger };
      for (const [method, kind] of Object.entries(COMMANDS)) {
        const command = ledger[method as keyof typeof COMMANDS] as (...args: unknown[]) => Promise<unknown>;
        metered[method] = async (...args: unknown[]) => {
          const startedAt = performance.now();
          waiting++;
          let outcome = 'done';
          try {
            return await command.apply(ledger, args);
          } catch (error) {
            outcome = error instanceof LoyaltyError ? error.code : 'failed';
            throw error;
          } finally {
            waiting--;
            commands.add({ kind, outcome });
            commandSeconds.observe({ kind }, (performance.now() - startedAt) / 1_000);
          }
        };
      }
      return metered as unknown as Ledger;
    },
    onGroup: (size) => groups.observe({}, size),
    stop: () => void delay.disable(),
  };
}

/** What Prometheus' own libraries tell of a process, by the same names. */
function addProcess(registry: Registry, delay: ReturnType<typeof monitorEventLoopDelay>): void {
  const startedAt = Date.now() / 1_000 - process.uptime();
  registry.gauge('process_start_time_seconds', 'When the process began, in seconds since 1970.', () => startedAt);
  registry.gauge('process_resident_memory_bytes', 'Memory that the process holds.', () => process.memoryUsage.rss());
  registry.gauge('nodejs_heap_size_used_bytes', 'Memory of live objects.', () => process.memoryUsage().heapUsed);
  const cpu = () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  };
  registry.gauge('process_cpu_seconds_total', 'Processor time used.', cpu, 'counter');
  registry.gauge('nodejs_eventloop_lag_seconds', 'How late timers are, since the last reading.', () => {
    const values = ([50, 99] as const).map((percentile) => ({
      labels: { quantile: String(percentile / 100) },
      value: Math.max(0, delay.percentile(percentile) / 1e9 - 0.02),
    }));
    delay.reset();
    return values;
  });
}
