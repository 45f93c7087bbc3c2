import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { textStatement } from '../../server/database/statement.ts';
import type { Route } from '../../server/http/route.ts';
import { verify } from '../../server/verify/verify.ts';
import { apiExamples } from '../support/api-examples.ts';
import { apiProgram } from '../support/api-program.ts';
import { fetchCaller, type Story, tell } from '../support/api-story.ts';
import { ISSUER, openServer, type TestServer } from '../support/server.ts';
import { value, wildRequest } from './arbitraries.ts';
import { type Bend, callOf, type Parameter, parametersOf } from './parameters.ts';

/**
 * A1: requests of every kind against every route of the table, and every parameter of each. Whatever is sent, there is no
 * fault of the server, the answer is one that the route declares, a refusal writes nothing, and the ledger stays sound.
 *
 * `LAUREL_FUZZ_SEED` repeats a run; `LAUREL_TEST_SIZE=full` makes it long.
 */
const isFull = process.env['LAUREL_TEST_SIZE'] === 'full';
const RUNS_PER_PARAMETER = isFull ? 13_000 : 200;
const WILD_RUNS_PER_ROUTE = isFull ? 5_000 : 200;
const SEED = Number(process.env['LAUREL_FUZZ_SEED'] ?? Date.now() % 2 ** 31);
const HANG_MS = 2_000;

/** Examples that would take away what the others are about, or that wait for what no job here does. */
const NOT_BEFORE = new Set([
  'listWebhookDeliveries',
  'retryWebhookDelivery',
  'deleteWebhookEndpoint',
  'deletePrivacyRequest',
  'withdrawProgramVersion',
  'testWebhookEndpoint',
  'mergeMembers',
  'unmergeMember',
  'eraseMember',
  'eraseMe',
  'getLoader',
  'getWidgetFile',
  'getMetrics',
]);
const EMPTYING = new Set(['eraseMe', 'eraseMember', 'mergeMembers', 'putProgram']);

/** Changes with every commit of another connection: one look tells that nothing was written. */
const dataVersion = textStatement('PRAGMA data_version');

describe(`requests of every kind (seed ${SEED})`, () => {
  let server: TestServer;
  let story: Pick<Story, 'values' | 'remember' | 'url' | 'routes' | 'folder' | 'close'>;
  let answeredCount = 0;
  let known: { counts: Record<string, number>; version: number };
  const statuses = new Map<number, number>();

  beforeAll(async () => {
    server = await openServer('sqlite', {
      // Nothing is sent anywhere: no name is known.
      webhooks: { allowPrivate: true, timeoutMs: 500, resolve: async () => [] },
    });
    await server.services.programs.apply(apiProgram);
    let values: Record<string, string> = {
      LAUREL: ISSUER,
      SECRET_KEY: server.keys.secretKey,
      MEMBER_KEY: server.keys.memberKey,
      METRICS_TOKEN: 'none',
      RECEIVER: 'http://hooks.shop.example/laurel',
      WIDGET_FILE: 'x.js',
      EVENT: 'evt_AAAAAAAAAAAAAAAAAAAA',
    };
    story = {
      url: ISSUER,
      routes: server.app.routes,
      folder: '',
      get values() {
        return values;
      },
      remember(more) {
        values = { ...values, ...more };
      },
      close: async () => {},
    };
    const call = fetchCaller(ISSUER, (address, init) => server.app.request(address, init));
    for (const example of apiExamples) {
      if (NOT_BEFORE.has(example.operation)) continue;
      const { status, text } = await tell(story, example, call);
      expect([example.operation, status, text.slice(0, 300)]).toEqual([
        example.operation,
        example.status,
        expect.any(String),
      ]);
    }
    await look();
  });
  afterAll(() => server.close());

  async function version(): Promise<number> {
    const [row] = await server.database.all(dataVersion, {});
    return (row as { data_version: number }).data_version;
  }

  async function look(): Promise<void> {
    known = { counts: await server.counts(), version: await version() };
  }

  async function send(path: string, init: RequestInit): Promise<void> {
    const startedAt = performance.now();
    const { status, text: answer } = await server.request(path, init);
    expect(performance.now() - startedAt).toBeLessThan(HANG_MS);
    expect(answer).not.toMatch(/SQLITE|node_modules|\.ts:\d|syntax error at|lrl_sk_[0-9a-f]/);
    if ((await version()) !== known.version) {
      const before = known.counts;
      await look();
      if (status >= 400) expect([path, known.counts]).toEqual([path, before]);
    }
    answeredCount++;
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }

  /** What takes people and rules away comes last, and nobody stays away. */
  const ordered = (routes: readonly Route[]) =>
    routes.toSorted((a, b) => Number(EMPTYING.has(a.name)) - Number(EMPTYING.has(b.name)));

  async function freshTokens(): Promise<void> {
    await server.services.programs.apply(apiProgram);
    const [page, friend] = [await server.signIn('customer-1001'), await server.signIn('customer-1003')];
    story.remember({ PAGE_TOKEN: page.access_token, FRIEND_TOKEN: friend.access_token });
    await look();
  }

  const hours = isFull ? 20 : 1;
  test('every parameter of every route', { timeout: hours * 3_600_000 }, async () => {
    let parameterCount = 0;
    for (const route of ordered(server.app.routes)) {
      await freshTokens();
      for (const parameter of parametersOf(route)) {
        parameterCount++;
        await assertBends(route, parameter);
      }
    }
    expect(answeredCount).toBeGreaterThanOrEqual(50_000);
    console.log(
      `A1: ${answeredCount} requests, ${RUNS_PER_PARAMETER} for each of ${parameterCount} parameters of ${server.app.routes.length} routes; statuses ${told()}`,
    );
  });

  async function assertBends(route: Route, parameter: Parameter): Promise<void> {
    const run = async (bend: Bend) => {
      const { path, init } = callOf(route, story.values, [[parameter, bend]]);
      await send(path, init);
    };
    await fc.assert(fc.asyncProperty(fc.option(value, { nil: undefined, freq: 20 }), run), {
      numRuns: RUNS_PER_PARAMETER,
      seed: SEED,
    });
  }

  test('every route, with several things wrong at once', { timeout: hours * 3_600_000 }, async () => {
    for (const route of ordered(server.app.routes)) {
      await freshTokens();
      const parameters = parametersOf(route);
      await fc.assert(
        fc.asyncProperty(wildRequest, async ({ bends, ...wild }) => {
          const picked = bends.map(([pick, bend]): [Parameter, Bend] | null => {
            const parameter = parameters[pick % Math.max(parameters.length, 1)];
            return parameter ? [parameter, bend] : null;
          });
          const { path, init } = callOf(
            route,
            story.values,
            picked.filter((pair) => pair !== null),
            wild,
            server.otherKeys.secretKey,
          );
          await send(path, init);
        }),
        { numRuns: WILD_RUNS_PER_ROUTE, seed: SEED },
      );
    }
    // A fuzz that is refused at the door finds nothing behind it.
    for (const status of [200, 201, 400, 401, 403, 404, 409, 413, 415, 422])
      expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0]);
    console.log(`A1: ${answeredCount} requests with those of several faults; statuses ${told()}`);
  });

  const told = () =>
    [...statuses]
      .sort(([a], [b]) => a - b)
      .map(([status, count]) => `${status}: ${count}`)
      .join(', ');

  test('the ledger is sound afterwards', async () => {
    const { finding, entryCount } = await verify(server.database);
    expect(finding?.message).toBeUndefined();
    expect(entryCount).toBeGreaterThan(0);
  });
});
