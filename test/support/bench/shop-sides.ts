import { mkdirSync } from 'node:fs';
import type { BareRound, BareRowsSettings } from './bare-rows-sqlite.ts';
import { BENCH_REWARD, ORDER_LINES } from './bench-program.ts';
import { fillStore } from './bulk-members.ts';
import { startChild } from './child.ts';
import type { ShopReady, ShopSettings, TokenQuestion } from './laurel-shop.ts';
import type { Load, LoadPlan, LoadResult } from './load.ts';
import { hasPgbench, runPgbench, writeScript } from './pgbench-rows.ts';
import { DEEDS, type Deed, type Recording } from './recorded-rows.ts';

/** What clients do over and over: an order, or a redemption, which is a hold and the order that uses its code. */
export const TASKS = ['orders', 'redemptions'] as const;
export type Task = (typeof TASKS)[number];

const DEEDS_OF: Readonly<Record<Task, readonly Deed[]>> = {
  orders: DEEDS.filter((deed) => deed === 'order'),
  redemptions: DEEDS.filter((deed) => deed !== 'order'),
};

/** Members who redeem and read: as many in a large shop as in a small one, each with a token of his own. */
export const SIGNED_IN_COUNT = 500;

export interface Round {
  readonly task: Task;
  readonly clientCount: number;
  readonly durationMs: number;
}

/** Who does the same tasks on a store of its own with the same members. */
export interface ShopSide {
  readonly name: string;
  /** Seconds that its members took to be written. */
  readonly fillSeconds: number;
  run(round: Round): Promise<LoadResult>;
  stop(): Promise<void>;
}

export interface Shop {
  readonly memberCount: number;
  readonly recording: Recording;
}

/** The server, which can be read from as well. */
export interface LaurelShop extends ShopSide {
  /** Has this many of the members sign in; they read their accounts in turn. */
  reads(readerCount: number): Promise<(clientCount: number, durationMs: number) => Promise<LoadResult>>;
}

const drawnCount = (task: Task, memberCount: number) => (task === 'orders' ? memberCount : SIGNED_IN_COUNT);

/** Transactions a second and client, of a machine with nothing else to do; fewer than the least would be over at once. */
const RATE_GUESS = 100;
const TRANSACTION_COUNT_MIN = 20;

/** Below the ten minutes that a token lives. */
const TOKENS_KEPT_MS = 300_000;

export async function startLaurelShop(load: Load, url: string, { memberCount, recording }: Shop): Promise<LaurelShop> {
  const settings: ShopSettings = { url, memberCount, recording };
  const child = await startChild<ShopReady>('laurel-shop.ts', settings);
  const { port, program, secretKey, fillSeconds } = child.ready;
  const orderPath = `/v1/programs/${program}/orders`;
  const orderHeader = `Authorization: Bearer ${secretKey}\r\n`;
  const rest = `"placedAt":"${new Date().toISOString()}","currency":"EUR","lines":${JSON.stringify(ORDER_LINES)}}`;
  let roundCount = 0;

  async function signIn(count: number) {
    const indexes = Array.from({ length: count }, (_, index) => index * Math.floor(memberCount / count));
    const tokens = await child.ask<string[]>({ tokensOf: indexes } satisfies TokenQuestion);
    return {
      customers: indexes.map((index) => `customer-${index}`),
      headers: tokens.map((token) => `Authorization: Bearer ${token}\r\n`),
      signedInAt: performance.now(),
    };
  }
  let redeemers: Awaited<ReturnType<typeof signIn>> | null = null;

  async function planOf({ task, clientCount, durationMs }: Round): Promise<LoadPlan> {
    const name = `bench-${++roundCount}`;
    const common = { port, connectionCount: clientCount, durationMs, method: 'POST', status: 201 } as const;
    if (task === 'orders') {
      return { ...common, path: orderPath, headers: [orderHeader], orders: { name, memberCount, rest } };
    }
    if (!redeemers || performance.now() - redeemers.signedInAt > TOKENS_KEPT_MS)
      redeemers = await signIn(SIGNED_IN_COUNT);
    const { customers, headers } = redeemers;
    const redemptions = { name, reward: BENCH_REWARD, customers, orderPath, orderHeader, rest };
    return { ...common, path: '/v1/me/redemptions', headers, redemptions };
  }

  return {
    name: 'Laurel',
    fillSeconds,
    run: async (round) => load.run(await planOf(round)),
    async reads(readerCount) {
      const { headers } = await signIn(readerCount);
      return (connectionCount, durationMs) =>
        load.run({ port, connectionCount, durationMs, method: 'GET', path: '/v1/me', headers, status: 200 });
    },
    stop: () => child.stop(),
  };
}

/** A bare loop on the embedded database, in a process of its own. */
export async function startBareLoop(directory: string, { memberCount, recording }: Shop): Promise<ShopSide> {
  mkdirSync(directory);
  const settings: BareRowsSettings = { directory, memberCount, recording };
  const child = await startChild<{ fillSeconds: number }>('bare-rows-sqlite.ts', settings);
  return {
    name: 'bare loop',
    fillSeconds: child.ready.fillSeconds,
    run({ task, ...round }) {
      const drawn = { deeds: DEEDS_OF[task], drawnCount: drawnCount(task, memberCount) };
      return child.ask<LoadResult>({ ...round, ...drawn } satisfies BareRound);
    },
    stop: () => child.stop(),
  };
}

/** `pgbench` on a database of its own; null where it is not installed. */
export async function startPgbench(
  folder: string,
  url: string,
  { memberCount, recording }: Shop,
): Promise<ShopSide | null> {
  if (!hasPgbench()) return null;
  const fillSeconds = await fillStore(url, recording, memberCount);
  const script = (task: Task) => {
    const drawn = { deeds: DEEDS_OF[task], memberCount, drawnCount: drawnCount(task, memberCount) };
    return writeScript(folder, `${task}-${memberCount}`, recording, drawn);
  };
  const scripts = { orders: script('orders'), redemptions: script('redemptions') };
  /** From its last round of this kind, so that the next takes as long as it should. */
  const rates = new Map<string, number>();
  return {
    name: 'pgbench',
    fillSeconds,
    async run({ task, clientCount, durationMs }) {
      const key = `${task} ${clientCount}`;
      const rate = rates.get(key) ?? RATE_GUESS * clientCount;
      const transactionCount = Math.max(TRANSACTION_COUNT_MIN, Math.round((rate * durationMs) / 1000 / clientCount));
      const result = await runPgbench(folder, scripts[task], { url, clientCount, transactionCount });
      rates.set(key, result.perSecond);
      return result;
    },
    async stop() {},
  };
}
