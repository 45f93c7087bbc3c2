import { ORDER_LINES } from './bench-program.ts';
import { startChild } from './child.ts';
import type { LoadPlan } from './load.ts';

/** A server that takes orders over HTTP, in a process of its own. */
export interface OrderSide {
  readonly name: string;
  /** What to send; `round` keeps the ids of one round's orders apart from the next's. */
  plan(round: string, memberCount: number, durationMs: number): LoadPlan;
  /** CPU of its process so far, in milliseconds. */
  cpuMs(): Promise<number>;
  stop(): Promise<void>;
}

export const CLIENT_COUNT = 32;

const REST = `"placedAt":"${new Date().toISOString()}","currency":"EUR","lines":${JSON.stringify(ORDER_LINES)}}`;

export async function startLaurel(url: string, memberCount: number): Promise<OrderSide> {
  const child = await startChild<{ port: number; program: string; keys: { secretKey: string } }>('laurel.ts', {
    url,
    memberCount,
  });
  const { port, program, keys } = child.ready;
  const call = { path: `/v1/programs/${program}/orders`, headers: [`Authorization: Bearer ${keys.secretKey}\r\n`] };
  return side('Laurel', child, { port, ...call });
}

export async function startBare(name: string, file: string, settings: object): Promise<OrderSide> {
  const child = await startChild<{ port: number }>(file, settings);
  return side(name, child, { port: child.ready.port, path: '/orders', headers: [''] });
}

function side(
  name: string,
  child: Pick<Awaited<ReturnType<typeof startChild>>, 'ask' | 'stop'>,
  call: Pick<LoadPlan, 'port' | 'path' | 'headers'>,
): OrderSide {
  return {
    name,
    plan: (round, memberCount, durationMs) => ({
      ...call,
      method: 'POST',
      status: 201,
      connectionCount: CLIENT_COUNT,
      durationMs,
      orders: { name: round, memberCount, rest: REST },
    }),
    async cpuMs() {
      const { user, system } = await child.ask<NodeJS.CpuUsage>({});
      return (user + system) / 1000;
    },
    stop: () => child.stop(),
  };
}
