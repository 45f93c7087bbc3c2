import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Step } from '../../../../server/jobs/job.ts';
import { runJob } from '../../../../server/jobs/run-job.ts';
import { createLedger } from '../../../../server/ledger/create-ledger.ts';
import { occasionsJob } from '../../../../server/occasions/occasions-job.ts';
import { verify } from '../../../../server/verify/verify.ts';
import type { OccasionList } from '../../../../shared/protocol/api.ts';
import { stores } from '../../../support/ledger.ts';
import { openServer, program, START, type TestServer } from '../../../support/server.ts';
import { seed, sized } from '../../../support/size.ts';

const DAY = 86_400_000;
const name = { en: 'A day' };
const occasions = [
  { id: 'birthday', name, on: { kind: 'birthday' }, points: 100 },
  { id: 'spring', name, on: { kind: 'holiday', calendar: 'chinese', month: 1, day: 1 }, points: 8 },
];
const celebrating = { ...program, occasions };

/** What a run without a database's memory of it starts from. */
const freshStep: Step = { progress: null, save: async () => {}, isStopped: () => false };

function randomOf(state: number): () => number {
  let at = state >>> 0;
  return () => {
    at = (at + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(at ^ (at >>> 15), at | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

async function pointsOf(server: TestServer, programId: string, memberId: string): Promise<Record<string, string[]>> {
  const { entries } = await server.services.ledger.readEntries(programId, memberId, { limit: 100 });
  const days: Record<string, string[]> = {};
  for (const { entry } of entries) {
    const rule = entry.parts?.[0]?.rule ?? '';
    days[rule] = [...(days[rule] ?? []), entry.occurredAt].sort();
  }
  return days;
}

describe.each(stores)('occasions on %s', (store) => {
  let server: TestServer;

  beforeEach(async () => {
    server = await openServer(store);
    await server.services.programs.apply(celebrating);
  });
  afterEach(async () => {
    expect((await verify(server.database)).finding).toBeNull();
    await server.close();
  });

  const run = (step = freshStep) => occasionsJob(server.services).run(program.id, server.now(), step);
  async function join(customerId: string, birthday?: string): Promise<string> {
    const memberId = await server.services.ledger.enrol(program.id, customerId);
    if (birthday !== undefined) await server.merchant('PATCH', `/members/${customerId}/profile`, { birthday });
    return memberId;
  }
  const setNow = (text: string) => server.setNow(Date.parse(text));

  test('K1: a birthday brings its points on its day, in the zone of the program, once', async () => {
    const ann = await join('ann', '05-20');
    setNow('2026-05-19T21:59:59Z');
    expect(await run()).toEqual({ rewarded: 0 });
    setNow('2026-05-19T22:00:00Z');
    expect(await run()).toEqual({ rewarded: 1 });
    expect(await run()).toEqual({ rewarded: 0 });
    const days = await pointsOf(server, program.id, ann);
    expect(days).toEqual({ 'occasion:birthday': ['2026-05-19T22:00:00.000Z'] });
    const member = (await server.merchant('GET', '/members/ann')).body as {
      balance: { available: number; pending: number };
    };
    expect(member.balance).toMatchObject({ available: 100, pending: 0 });
  });

  test('K1: a birthday that was set or moved a moment ago brings nothing, and no second one comes in a year', async () => {
    const ann = await join('ann', '04-13');
    const ben = await join('ben', '04-14');
    setNow('2026-04-13T10:00:00Z');
    expect(await run()).toEqual({ rewarded: 0 });
    setNow('2026-04-14T10:00:00Z');
    await run();
    expect(await pointsOf(server, program.id, ann)).toEqual({});
    expect(Object.keys(await pointsOf(server, program.id, ben))).toEqual(['occasion:birthday']);
    await server.merchant('PATCH', '/members/ben/profile', { birthday: '10-01', birthdayReason: 'He said so.' });
    setNow('2026-10-01T10:00:00Z');
    expect(await run()).toEqual({ rewarded: 0 });
    setNow('2027-10-01T10:00:00Z');
    expect(await run()).toEqual({ rewarded: 1 });
  });

  test('K1: who was born on 29 February has it on the 28th of common years', async () => {
    const ann = await join('ann', '02-29');
    for (const day of ['2027-02-28', '2028-02-28', '2028-02-29', '2029-02-28']) {
      setNow(`${day}T10:00:00Z`);
      await run();
    }
    const days = (await pointsOf(server, program.id, ann))['occasion:birthday'];
    expect(days).toEqual(['2027-02-27T23:00:00.000Z', '2028-02-28T23:00:00.000Z', '2029-02-27T23:00:00.000Z']);
  });

  test('K2: a holiday of the moon comes to everybody who was there before it', async () => {
    const ann = await join('ann');
    setNow('2027-02-06T10:00:00Z');
    const late = await join('late');
    expect(await run()).toEqual({ rewarded: 1 });
    expect(Object.keys(await pointsOf(server, program.id, ann))).toEqual(['occasion:spring']);
    expect(await pointsOf(server, program.id, late)).toEqual({});
  });

  test('who has to agree first gets it only then; tiers and coupons as the program says', async () => {
    const consent = { id: 'greetings', name, textVersion: 1, text: { en: 'Yes, greet me.' } };
    const coupon = {
      id: 'cake',
      name,
      trigger: { kind: 'personal' },
      validDays: 14,
      worth: { kind: 'percent_off', percent: 10 },
    };
    const birthday = { ...occasions[0], consent: 'greetings', coupon: 'cake' };
    const gold = { ...occasions[0], id: 'gold-day', tiers: ['gold'] };
    await server.services.programs.apply({
      ...celebrating,
      consents: [consent],
      coupons: [coupon],
      occasions: [birthday, gold],
    });
    const ann = await join('ann', '05-20');
    await join('ben', '05-20');
    const { access_token } = await server.signIn('ann');
    const given = { purpose: 'greetings', textVersion: 1, locale: 'en', isGranted: true };
    const answer = await server.call('POST', '/v1/me/consents', given, access_token);
    expect(answer.status, answer.text).toBeLessThan(300);
    setNow('2026-05-20T10:00:00Z');
    expect(await run()).toEqual({ rewarded: 1 });
    expect(await pointsOf(server, program.id, ann)).toEqual({ 'occasion:birthday': ['2026-05-19T22:00:00.000Z'] });
    expect((await server.counts())['redemptions']).toBe(1);
  });

  test('a program names a consent that it has', async () => {
    const wrong = { ...celebrating, occasions: [{ ...occasions[0], consent: 'nothing' }] };
    await expect(server.services.programs.apply(wrong)).rejects.toMatchObject({ code: 'program_invalid' });
  });

  test('members see what is next, and what they had', async () => {
    await join('ann', '05-20');
    const list = async () => {
      const { access_token } = await server.signIn('ann');
      return ((await server.call('GET', '/v1/me/occasions', undefined, access_token)).body as OccasionList).occasions;
    };
    expect((await list()).map(({ id, on, isToday }) => [id, on, isToday])).toEqual([
      ['birthday', '2026-05-20', false],
      ['spring', '2027-02-06', false],
    ]);
    setNow('2026-05-20T10:00:00Z');
    await run();
    expect((await list())[0]).toMatchObject({ id: 'birthday', isToday: true, isReceived: true, points: 100 });
  });
});

describe.each(stores)('T2: occasions on %s', (store) => {
  let server: TestServer;

  beforeAll(async () => {
    server = await openServer(store);
  });
  afterAll(() => server.close());

  const FATES = ['on time', 'not at all', 'twice', 'twice at once', 'cut off'] as const;
  const BIRTHDAYS = ['01-01', '02-28', '02-29', '03-01', '05-20', '10-25', '12-31'];

  test('on time, late, twice, at once or cut off: each member has each day once', { timeout: 3_600_000 }, async () => {
    const schedules = sized(store === 'sqlite' ? 6 : 2, 2_000);
    let runs = 0;
    let rewards = 0;
    for (let index = 0; index < schedules; index++) {
      const random = randomOf(seed + index);
      const programId = `org.schedule-${index}.points`;
      server.setNow(START);
      const { services, database } = server;
      await services.programs.apply({ ...celebrating, id: programId });
      const members: { memberId: string; birthday: string }[] = [];
      for (const birthday of BIRTHDAYS) {
        const memberId = await services.ledger.enrol(programId, `born-${birthday}`);
        await services.members.profiles.change(programId, memberId, { birthday }, 'member');
        members.push({ memberId, birthday });
      }
      const second = createLedger({ database, programs: services.programs, clock: server.now });
      const jobs = [occasionsJob(services), occasionsJob({ ...services, ledger: second })];
      const once = async (job = jobs[0], isStopped = () => false) => {
        runs++;
        if (job)
          await runJob(
            job,
            programId,
            { database, clock: server.now, isStopped },
            { asOf: server.now(), isForced: true },
          );
      };
      await once();
      const end = START + 800 * DAY;
      for (let offDays = 0; server.now() < end; ) {
        const days = 1 + Math.floor(random() * 30);
        server.setNow(Math.min(end, server.now() + days * DAY + Math.floor(random() * DAY)));
        offDays += days;
        let fate = FATES[Math.floor(random() * FATES.length)] as (typeof FATES)[number];
        // Off for longer than a run looks back is another matter.
        if (offDays + 31 > 92 || server.now() === end) fate = 'on time';
        if (fate === 'not at all') continue;
        if (fate === 'cut off') {
          let left = Math.floor(random() * 60);
          await once(jobs[0], () => left-- <= 0);
        } else {
          offDays = 0;
          if (fate === 'twice at once') {
            // Not under one lease, and from long ago: as if a server had been thought dead, and what was done forgotten.
            const day = new Date(Math.max(START, server.now() - 60 * DAY)).toISOString().slice(0, 10);
            const progress = JSON.stringify({ day, key: '', after: '', isDone: true });
            await Promise.all(jobs.map((job) => job.run(programId, server.now(), { ...freshStep, progress })));
          }
          await once();
          if (fate === 'twice') await once(jobs[1]);
        }
      }
      for (const { memberId, birthday } of members) {
        const days = await pointsOf(server, programId, memberId);
        expect(days['occasion:birthday'], `${birthday} of schedule ${index}`).toEqual(expectedOf(birthday));
        expect(days['occasion:spring']).toEqual(['2027-02-05T23:00:00.000Z', '2028-01-25T23:00:00.000Z']);
        rewards += (days['occasion:birthday'] ?? []).length + 2;
      }
    }
    console.log(
      `T2: ${schedules} schedules of occasions on ${store}, ${runs} runs, ${rewards} rewards, 0 differences (seed ${seed})`,
    );
    expect((await verify(server.database)).finding).toBeNull();
  });

  /** First instants in Berlin of the days on which a birthday is kept, from 2026-04-14 to 2028-06-08. */
  function expectedOf(birthday: string): string[] {
    const found: string[] = [];
    for (const year of [2026, 2027, 2028]) {
      const day = birthday === '02-29' && year !== 2028 ? `${year}-02-28` : `${year}-${birthday}`;
      if (day < '2026-04-14' || day > '2028-06-08') continue;
      const isSummer = birthday === '05-20' || birthday === '10-25';
      // The clocks of 2026 go back on 25 October, those of 2027 on the 31st.
      found.push(new Date(Date.parse(`${day}T00:00:00Z`) - (isSummer ? 2 : 1) * 3_600_000).toISOString());
    }
    return found.sort();
  }
});
