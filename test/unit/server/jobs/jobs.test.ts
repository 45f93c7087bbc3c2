import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { textStatement } from '../../../../server/database/statement.ts';
import { allJobs } from '../../../../server/jobs/all-jobs.ts';
import type { Job } from '../../../../server/jobs/job.ts';
import { LEASE_MS, runJob } from '../../../../server/jobs/run-job.ts';
import { createJobRunner } from '../../../../server/jobs/runner.ts';
import { createLog } from '../../../../server/log.ts';
import { verify } from '../../../../server/verify/verify.ts';
import { anOrder, program as plainProgram, stores } from '../../../support/ledger.ts';
import { openServer, PROGRAM, type TestServer } from '../../../support/server.ts';

const DAY = 86_400_000;
const outboxRows = textStatement('SELECT type, data, due_at FROM outbox ORDER BY recorded_at, place');
const jobRows = textStatement('SELECT * FROM jobs ORDER BY name');

describe.each(stores)('jobs on %s', (store) => {
  let server: TestServer;

  beforeEach(async () => {
    server = await openServer(store);
  });
  afterEach(() => server.close());

  const named = (name: string) => allJobs(server.services).find((job) => job.name === name) as Job;
  const run = (name: string, asOf = server.now()) =>
    runJob(named(name), PROGRAM, server.services, { asOf, isForced: true });
  const told = async () =>
    ((await server.services.database.all(outboxRows, {})) as { type: string; data: string; due_at: number }[]).map(
      ({ type, data }) => ({ type, data: JSON.parse(data) as Record<string, unknown> }),
    );
  /** Somebody who listens; what they would be sent is looked at in the outbox. */
  const listen = (eventTypes: readonly string[]) =>
    server.merchant('POST', '/webhook-endpoints', { url: 'https://shop.example/hook', eventTypes });
  const publish = (changes: object) => server.services.programs.apply({ ...plainProgram, ...changes });
  const at = (instant: string) => server.setNow(Date.parse(instant));

  test('points about to expire are told once a notice and day, and the nearest notice speaks for all', async () => {
    await publish({ expiry: { kind: 'after_months', months: 12, noticeDays: [7, 30] } });
    await listen(['points.expiring']);
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    await server.merchant('POST', '/orders', anOrder('o-2', 'c-1', 5_00));
    at('2027-02-20T12:00:00Z');
    expect(await run('expiry-notices')).toMatchObject({ result: { told: 0 } });
    // The last day is 31 March.
    at('2027-03-01T12:00:00Z');
    expect(await run('expiry-notices')).toMatchObject({ result: { told: 1 } });
    expect(await run('expiry-notices')).toMatchObject({ result: { told: 0 } });
    at('2027-03-05T12:00:00Z');
    expect(await run('expiry-notices')).toMatchObject({ result: { told: 0 } });
    at('2027-03-28T12:00:00Z');
    expect(await run('expiry-notices')).toMatchObject({ result: { told: 1 } });
    expect(await told()).toEqual([
      { type: 'points.expiring', data: expect.objectContaining({ points: 15, lastDay: '2027-03-31', noticeDays: 30 }) },
      { type: 'points.expiring', data: expect.objectContaining({ points: 15, lastDay: '2027-03-31', noticeDays: 7 }) },
    ]);
  });

  test('after a month off only the notice of now is told', async () => {
    await publish({ expiry: { kind: 'after_months', months: 12, noticeDays: [30, 7] } });
    await listen([]);
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    at('2027-03-30T12:00:00Z');
    expect(await run('expiry-notices')).toMatchObject({ result: { told: 1 } });
    expect((await told()).filter(({ type }) => type === 'points.expiring')).toMatchObject([
      { data: { noticeDays: 7 } },
    ]);
  });

  test('nobody is told where nobody listens, and nobody is noted as told', async () => {
    await publish({ expiry: { kind: 'after_months', months: 12, noticeDays: [30] } });
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
    at('2027-03-30T12:00:00Z');
    await run('expiry-notices');
    expect(await server.counts()).toMatchObject({ outbox: 0, member_notices: 0 });
  });

  test('who would lose a tier is told before, once; the review then is an entry, and a message', async () => {
    await publish({
      tiers: { ...plainProgram.tiers, downgrade: { kind: 'requalify', graceDays: 0, noticeDays: 14 } },
    });
    await listen(['tier.review_ahead', 'tier.changed']);
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 120_00));
    expect(await server.merchant('GET', '/members/c-1')).toMatchObject({
      body: { tier: { id: 'silver', reviewOn: '2027-03-31' } },
    });
    at('2027-03-01T12:00:00Z');
    expect(await run('tier-notices')).toMatchObject({ result: { told: 0 } });
    at('2027-03-20T12:00:00Z');
    expect(await run('tier-notices')).toMatchObject({ result: { told: 1 } });
    at('2027-03-21T12:00:00Z');
    expect(await run('tier-notices')).toMatchObject({ result: { told: 0 } });
    at('2027-04-02T12:00:00Z');
    // The tier is what the review comes to, before anything runs.
    expect(await server.merchant('GET', '/members/c-1')).toMatchObject({ body: { seq: 1, tier: { id: 'member' } } });
    expect(await run('tier-review')).toMatchObject({ result: { reviewed: 1, changed: 1 } });
    expect(await run('tier-review')).toMatchObject({ kind: 'done' });
    expect(await server.merchant('GET', '/members/c-1')).toMatchObject({ body: { seq: 2, tier: { id: 'member' } } });
    const events = await told();
    expect(events.map(({ type }) => type)).toEqual(['tier.changed', 'tier.review_ahead', 'tier.changed']);
    expect(events[1]?.data).toMatchObject({ tier: 'silver', wouldBecome: 'member', reviewOn: '2027-03-31' });
    expect(events[2]?.data).toMatchObject({ from: 'silver', to: 'member' });
    expect((await verify(server.database)).finding).toBeNull();
  });

  test('points are told as posted when their time comes, without what was refunded before', async () => {
    await publish({ earning: { ...plainProgram.earning, confirmationDelayDays: 14 } });
    await listen(['points.posted']);
    at('2026-03-31T13:00:00Z');
    await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00, '2026-03-31T12:30:00Z'));
    await server.merchant('POST', '/orders', anOrder('o-2', 'c-1', 20_00, '2026-03-31T12:30:00Z'));
    await server.merchant('POST', '/orders', anOrder('o-3', 'c-1', 30_00, '2026-03-31T12:30:00Z'));
    const refund = (amountMinor: number) => ({ id: 'r-1', refundedAt: '2026-03-31T12:45:00Z', amountMinor });
    await server.merchant('POST', '/orders/o-2/refunds', refund(5_00));
    await server.merchant('POST', '/orders/o-3/refunds', refund(30_00));
    expect(await run('confirmation')).toMatchObject({ kind: 'done', result: {} });
    server.setNow(server.now() + 14 * DAY);
    // Too late to count: these points have posted.
    await server.merchant('POST', '/orders/o-1/refunds', {
      id: 'r-2',
      amountMinor: 10_00,
      refundedAt: new Date(server.now()).toISOString(),
    });
    expect(await run('confirmation')).toMatchObject({ result: { told: 2 } });
    expect(await run('confirmation')).toMatchObject({ result: {} });
    const events = (await server.services.database.all(outboxRows, {})) as { data: string; due_at: number }[];
    expect(
      // Both posted at the same instant: neither is before the other.
      events
        .filter(({ due_at }) => due_at === 0)
        .map(({ data }) => (JSON.parse(data) as { points: number }).points)
        .sort((a, b) => a - b),
    ).toEqual([10, 15]);
  });

  test('a lease keeps others out until it ends or runs out', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const saves: string[] = [];
    const slow: Job = {
      name: 'slow',
      summary: 'waits',
      intervalMs: 1_000,
      async run(_programId, _asOf, step) {
        saves.push(step.progress ?? 'none');
        await step.save('half');
        await held;
        await step.save('whole');
        return { count: 1 };
      },
    };
    const start = () => runJob(slow, PROGRAM, server.services, { asOf: server.now() });
    const first = start();
    while (saves.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(await start()).toMatchObject({ kind: 'held' });
    // The first server says nothing for too long: the next one goes on where it was, and the first one learns it.
    server.setNow(server.now() + 3 * LEASE_MS);
    const second = start();
    while (saves.length < 2) await new Promise((resolve) => setTimeout(resolve, 2));
    expect(saves).toEqual(['none', 'half']);
    release();
    expect(await first).toEqual({ kind: 'lost' });
    expect(await second).toEqual({ kind: 'done', result: { count: 1 } });
    expect(await start()).toMatchObject({ kind: 'early' });
  });

  test('a job that fails is noted, and runs again', async () => {
    let isBroken = true;
    const job: Job = {
      name: 'fragile',
      summary: 'breaks',
      intervalMs: 1_000,
      run: () => (isBroken ? Promise.reject(new TypeError('what a member is called')) : Promise.resolve({ done: 1 })),
    };
    const lines: string[] = [];
    const log = createLog('info', (text) => lines.push(text));
    const runner = createJobRunner([job], { ...server.services, log });
    await runner.tick();
    const row = () => server.services.database.all(jobRows, {});
    expect(await row()).toMatchObject([{ last_error: 'TypeError', last_result: null, lease_until: 0 }, {}]);
    isBroken = false;
    server.setNow(server.now() + 1_001);
    await runner.tick();
    expect(await row()).toMatchObject([{ last_error: null, last_result: '{"done":1}' }, {}]);
  });

  test('an idle server writes nothing', async () => {
    const jobs = allJobs(server.services);
    const runner = createJobRunner(jobs, { ...server.services, log: createLog('silent') });
    await runner.tick();
    const before = await server.services.database.all(jobRows, {});
    for (let second = 0; second < 30; second++) {
      server.setNow(server.now() + 60_000);
      await runner.tick();
    }
    expect(await server.services.database.all(jobRows, {})).toEqual(before);
  });
});
