import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JoinAnswer, MemberPage, Profile } from '../../../../shared/protocol/api.ts';
import { merchantJoinSchema } from '../../../../shared/protocol/schemas.ts';
import { anOrder, stores } from '../../../support/ledger.ts';
import { openServer, PROGRAM, pointersOf, problemOf, type TestServer } from '../../../support/server.ts';
import { consentingProgram } from './support.ts';

const DAY_MS = 86_400_000;

describe.each(stores)('profiles on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
    await server.services.programs.apply(consentingProgram);
  });
  afterEach(() => server.close());

  const tokenOf = async (customerId: string) => (await server.signIn(customerId)).access_token;
  const patch = (token: string, body: object) => server.call('PATCH', '/v1/me/profile', body, token);

  test('a member writes and reads the own profile; what is absent stays, null takes out', async () => {
    const token = await tokenOf('c-1');
    expect((await server.call('GET', '/v1/me/profile', undefined, token)).body).toMatchObject({
      memberId: 'c-1',
      displayName: null,
      email: null,
      joinedAt: null,
      updatedAt: null,
    });
    await patch(token, { displayName: 'Kim', email: 'Kim@Example.com', locale: 'de' });
    await patch(token, { locale: null });
    const profile = (await server.call('GET', '/v1/me/profile', undefined, token)).body as Profile;
    expect(profile).toMatchObject({ displayName: 'Kim', email: 'Kim@Example.com', locale: null, birthday: null });
    expect((await server.merchant('GET', '/members/c-1/profile')).body).toEqual(profile);
  });

  test('another member and another merchant see nothing of it', async () => {
    await patch(await tokenOf('c-1'), { displayName: 'Kim', email: 'kim@example.com' });
    const other = await server.call('GET', '/v1/me/profile', undefined, await tokenOf('c-2'));
    expect(other.text).not.toContain('Kim');
    const path = '/v1/programs/org.other.points/members/c-1/profile';
    expect((await server.call('GET', path, undefined, server.otherKeys.secretKey)).status).toBe(404);
    const search = '/v1/programs/org.other.points/members?email=kim%40example.com';
    expect((await server.call('GET', search, undefined, server.otherKeys.secretKey)).body).toEqual({
      members: [],
      nextCursor: null,
    });
  });

  test('a birthday is set once a year by the member, and by the shop with a reason', async () => {
    const token = await tokenOf('c-1');
    expect((await patch(token, { birthday: '02-29' })).body).toMatchObject({ birthday: '02-29' });
    expect((await patch(token, { birthday: '02-29' })).status).toBe(200);
    const refused = await patch(token, { birthday: '06-01' });
    expect(problemOf(refused)).toMatchObject({ status: 409, code: 'birthday_locked' });
    // Taking it out is always possible, and opens nothing.
    expect((await patch(token, { birthday: null })).body).toMatchObject({ birthday: null });
    expect((await patch(token, { birthday: '06-01' })).status).toBe(409);

    const unreasoned = await server.merchant('PATCH', '/members/c-1/profile', { birthday: '06-01' });
    expect([unreasoned.status, pointersOf(unreasoned)]).toEqual([400, ['/birthdayReason']]);
    const changed = await server.merchant('PATCH', '/members/c-1/profile', {
      birthday: '06-01',
      birthdayReason: 'typed wrongly at the till',
    });
    expect(changed.body).toMatchObject({ birthday: '06-01', birthdayReason: 'typed wrongly at the till' });

    server.setNow(server.now() + 365 * DAY_MS);
    expect((await patch(await tokenOf('c-1'), { birthday: '07-02' })).status).toBe(200);
  });

  test.each([
    [{ birthday: '1990-02-01' }, '/birthday'],
    [{ birthday: '02-30' }, '/birthday'],
    [{ birthday: '13-01' }, '/birthday'],
    [{ birthday: '00-10' }, '/birthday'],
    [{ email: 'no address' }, '/email'],
    [{ email: 'a@b@c' }, '/email'],
    [{ email: `${'a'.repeat(250)}@b.de` }, '/email'],
    [{ locale: 'not a locale' }, '/locale'],
    [{ displayName: '' }, '/displayName'],
    [{ displayName: 'a\u0000b' }, '/displayName'],
    [{ phone: '123' }, '/phone'],
    [{ birthdayReason: 'because' }, '/birthdayReason'],
  ])('%j is refused and nothing is written', async (body, pointer) => {
    const token = await tokenOf('c-1');
    const counts = await server.counts();
    const answer = await patch(token, body);
    expect([answer.status, pointersOf(answer)]).toEqual([400, [pointer]]);
    expect(await server.counts()).toEqual(counts);
  });

  test('of changes at once none is lost', async () => {
    const token = await tokenOf('c-1');
    const changes = [{ displayName: 'Kim' }, { email: 'kim@example.com' }, { locale: 'de' }, { birthday: '03-04' }];
    const answers = await Promise.all(changes.map((change) => patch(token, change)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect((await server.call('GET', '/v1/me/profile', undefined, token)).body).toMatchObject(
      Object.assign({}, ...changes),
    );
  });

  test('of two birthdays at once exactly one is set', async () => {
    const token = await tokenOf('c-1');
    const answers = await Promise.all(['01-01', '02-02'].map((birthday) => patch(token, { birthday })));
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 409]);
  });

  test('members are found by their birthday without it being stored', async () => {
    for (const [customer, birthday] of [
      ['c-1', '02-29'],
      ['c-2', '02-29'],
      ['c-3', '03-01'],
    ] as const) {
      await patch(await tokenOf(customer), { birthday });
    }
    const { profiles } = server.services.members;
    const found = await profiles.membersWithBirthday(PROGRAM, '02-29', '', 10);
    const expected = await Promise.all(['c-1', 'c-2'].map((id) => server.services.ledger.memberIdOf(PROGRAM, id)));
    expect(found).toEqual(expected.sort());
    expect(await profiles.membersWithBirthday(PROGRAM, '02-29', found[0] as string, 10)).toEqual([found[1]]);
  });

  describe('joining', () => {
    const request = {
      displayName: 'Kim',
      email: 'kim@example.com',
      birthday: '05-06',
      source: 'checkout',
      consents: [{ purpose: 'newsletter', isGranted: true, textVersion: 2, locale: 'en' }],
    };

    test('enrols with profile, consents and source, once', async () => {
      const first = await server.merchant('POST', '/members', { memberId: 'c-1', ...request });
      expect(first.status).toBe(201);
      const { profile, consents } = first.body as JoinAnswer;
      expect(profile).toMatchObject({ memberId: 'c-1', displayName: 'Kim', source: 'checkout' });
      expect(consents.find(({ purpose }) => purpose === 'newsletter')).toMatchObject({ state: 'granted' });
      const counts = await server.counts();
      const again = await server.merchant('POST', '/members', { memberId: 'c-1', ...request });
      expect([again.status, (again.body as JoinAnswer).replayed]).toEqual([200, true]);
      expect(await server.counts()).toEqual(counts);
      const other = await server.merchant('POST', '/members', { memberId: 'c-1', ...request, displayName: 'Sam' });
      expect(problemOf(other).code).toBe('idempotency_conflict');
    });

    test('64 times at once is once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 64 }, () => server.merchant('POST', '/members', { memberId: 'c-1', ...request })),
      );
      expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(63);
      const counts = await server.counts();
      expect([counts['members'], counts['member_profiles'], counts['consents']]).toEqual([1, 1, 1]);
    });

    test('a member joins from the page, also one whom an order enrolled', async () => {
      await server.merchant('POST', '/orders', anOrder('o-1', 'c-1', 10_00));
      const token = await tokenOf('c-1');
      const answer = await server.call('POST', '/v1/me/join', request, token, { origin: 'https://shop.example' });
      expect(answer.status).toBe(201);
      const [newsletter] = (answer.body as JoinAnswer).consents;
      expect(newsletter?.history[0]?.proof).toEqual({ how: 'page', origin: 'https://shop.example' });
      expect((await server.call('POST', '/v1/me/join', request, token)).status).toBe(200);
    });

    test('with a consent that cannot be given nothing is written but the enrolment', async () => {
      const consents = [{ purpose: 'newsletter', isGranted: true, textVersion: 1, locale: 'en' }];
      const answer = await server.merchant('POST', '/members', { memberId: 'c-1', ...request, consents });
      expect(problemOf(answer).code).toBe('consent_text_outdated');
      const counts = await server.counts();
      expect([counts['member_profiles'], counts['consents'], counts['member_keys']]).toEqual([0, 0, 0]);
      expect((await server.merchant('POST', '/members', { memberId: 'c-1', ...request })).status).toBe(201);
    });
  });

  describe('the list of members', () => {
    test('has pages, finds addresses however they are written, and tiers', async () => {
      for (let index = 0; index < 7; index++) {
        await server.merchant('POST', '/orders', anOrder(`o-${index}`, `c-${index}`, index < 2 ? 150_00 : 10_00));
        await patch(await tokenOf(`c-${index}`), { displayName: `Member ${index}` });
      }
      await patch(await tokenOf('c-3'), { email: 'Kim.Lee@Example.com' });
      await patch(await tokenOf('c-5'), { email: 'kim.lee@example.com' });

      const seen: string[] = [];
      let path: string | null = '/members?limit=3';
      for (let pages = 0; path !== null; pages++) {
        expect(pages).toBeLessThan(4);
        const answer = await server.merchant('GET', path);
        const page = answer.body as MemberPage;
        seen.push(...page.members.map(({ memberId }) => memberId));
        const link: string | undefined = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1];
        expect(link === undefined).toBe(page.nextCursor === null);
        path = link === undefined ? null : link.slice(link.indexOf('/members?'));
      }
      expect(seen.sort()).toEqual(Array.from({ length: 7 }, (_, index) => `c-${index}`));

      const idsOf = async (query: string) =>
        ((await server.merchant('GET', `/members?${query}`)).body as MemberPage).members
          .map(({ memberId }) => memberId)
          .sort();
      expect(await idsOf('email=KIM.lee%40example.com')).toEqual(['c-3', 'c-5']);
      expect(await idsOf('email=kim%40example.com')).toEqual([]);
      expect(await idsOf('tier=silver')).toEqual(['c-0', 'c-1']);
      expect(await idsOf('tier=silver&email=kim.lee%40example.com')).toEqual([]);
    });
  });
});

test('the example of docs/members.md is what the API takes', async () => {
  const text = await readFile(new URL('../../../../docs/members.md', import.meta.url), 'utf8');
  const [, body = ''] = /-d '([\s\S]*?)'/.exec(text) ?? [];
  expect(v.safeParse(merchantJoinSchema, JSON.parse(body)).issues).toBeUndefined();
});
