import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { statement } from '../../../../server/database/statement.ts';
import { sweepJob } from '../../../../server/jobs/sweep.ts';
import type { AudiencePage, ConsentState } from '../../../../shared/protocol/api.ts';
import { stores } from '../../../support/ledger.ts';
import { type Answered, openServer, PROGRAM, pointersOf, problemOf, type TestServer } from '../../../support/server.ts';
import { consentingProgram, listen, rewordedProgram } from './support.ts';

const DAY_MS = 86_400_000;
const confirmPath = `/v1/programs/${PROGRAM}/consents/confirm`;

const codesTold = statement<{ data: string; type: string; member_id: string }>((db, p) =>
  db
    .selectFrom('outbox')
    .select(['data', 'type', 'member_id'])
    .where('program_id', '=', p('programId'))
    .orderBy('place'),
);

describe.each(stores)('consents on %s', (store) => {
  let server: TestServer;
  let token: string;
  beforeEach(async () => {
    server = await openServer(store);
    await server.services.programs.apply(consentingProgram);
    await listen(server);
    token = (await server.signIn('c-1')).access_token;
  });
  afterEach(() => server.close());

  const give = (body: object, headers: HeadersInit = { origin: 'https://shop.example' }) =>
    server.call('POST', '/v1/me/consents', { locale: 'en', textVersion: 2, isGranted: true, ...body }, token, headers);
  const stateIn = (answer: Answered, purpose: string) =>
    (answer.body as { consents: ConsentState[] }).consents.find((state) => state.purpose === purpose) as ConsentState;
  const read = async (purpose: string) =>
    stateIn(await server.call('GET', '/v1/me/consents', undefined, token), purpose);
  const confirm = (code: string) => server.call('POST', confirmPath, { code });
  /** The codes that the shop's mailer was told, oldest first. */
  const codes = async () => {
    const rows = await server.database.all(codesTold, { programId: PROGRAM });
    return rows
      .filter(({ type }) => type === 'consent.confirmation_requested')
      .map(({ data }) => (JSON.parse(data) as { code: string }).code);
  };

  test('what the program asks for is none at first', async () => {
    const answer = await server.call('GET', '/v1/me/consents', undefined, token);
    expect(
      (answer.body as { consents: ConsentState[] }).consents.map(({ purpose, state }) => [purpose, state]),
    ).toEqual([
      ['newsletter', 'none'],
      ['sms', 'none'],
    ]);
  });

  test('given and withdrawn, each with the text, the time and the proof', async () => {
    expect(stateIn(await give({ purpose: 'newsletter', locale: 'de' }), 'newsletter').state).toBe('granted');
    server.setNow(server.now() + 1_000);
    // A withdrawal counts whatever text the page still shows.
    await give({ purpose: 'newsletter', isGranted: false, textVersion: 1 });
    const { state, history } = await read('newsletter');
    expect(state).toBe('withdrawn');
    const text = consentingProgram.consents[0]?.text.de as string;
    expect(history).toMatchObject([
      { seq: 2, action: 'withdrawn', textVersion: 2, locale: 'de' },
      {
        seq: 1,
        action: 'granted',
        textVersion: 2,
        locale: 'de',
        textHash: createHash('sha256').update(text).digest('base64url'),
        proof: { how: 'page', origin: 'https://shop.example' },
      },
    ]);
    expect(await server.merchant('GET', '/members/c-1/consents').then(({ body }) => body)).toEqual(
      (await server.call('GET', '/v1/me/consents', undefined, token)).body,
    );
  });

  test('the same word again changes nothing', async () => {
    await give({ purpose: 'newsletter' });
    const counts = await server.counts();
    await give({ purpose: 'newsletter' });
    await give({ purpose: 'sms', isGranted: false, textVersion: 1 });
    expect(await server.counts()).toEqual(counts);
  });

  test.each([
    [{ purpose: 'newsletter', textVersion: 1 }, 409, 'consent_text_outdated', '/textVersion'],
    [{ purpose: 'newsletter', textVersion: 3 }, 409, 'consent_text_outdated', '/textVersion'],
    [{ purpose: 'newsletter', locale: 'fr' }, 400, 'invalid_request', '/locale'],
    [{ purpose: 'profiling' }, 404, 'consent_purpose_not_found', '/purpose'],
    [{ purpose: 'profiling', isGranted: false }, 404, 'consent_purpose_not_found', '/purpose'],
    [{ purpose: 'newsletter', isGranted: 'yes' }, 400, 'invalid_request', '/isGranted'],
    [{ purpose: 'newsletter', proof: 'trust me' }, 400, 'invalid_request', '/proof'],
  ])('%j is refused and nothing is written', async (body, status, code, pointer) => {
    const counts = await server.counts();
    const answer = await give(body);
    expect([answer.status, problemOf(answer).code, pointersOf(answer)]).toEqual([status, code, [pointer]]);
    expect(await server.counts()).toEqual(counts);
  });

  test('a consent to an older text is outdated, until it is given anew', async () => {
    await give({ purpose: 'newsletter' });
    await server.services.programs.apply(rewordedProgram);
    expect(await read('newsletter')).toMatchObject({ state: 'outdated', textVersion: 2, currentTextVersion: 3 });
    expect(stateIn(await give({ purpose: 'newsletter', textVersion: 3 }), 'newsletter').state).toBe('granted');
  });

  test('a purpose that the program dropped counts no more, and can be withdrawn', async () => {
    await give({ purpose: 'newsletter' });
    await server.services.programs.apply({ ...consentingProgram, consents: [] });
    expect(await read('newsletter')).toMatchObject({ state: 'outdated', currentTextVersion: null, name: null });
    expect(stateIn(await give({ purpose: 'newsletter', isGranted: false }), 'newsletter').state).toBe('withdrawn');
    expect((await give({ purpose: 'newsletter' })).status).toBe(404);
  });

  describe('with a second yes', () => {
    test('counts from the confirmation on, and the code is for the mailer alone', async () => {
      const asked = await give({ purpose: 'sms', textVersion: 1 });
      expect(stateIn(asked, 'sms')).toMatchObject({ state: 'pending' });
      const [code = ''] = await codes();
      expect(code).toMatch(/^[0-9A-Z]{4}(-[0-9A-Z]{4}){3}$/);
      expect(asked.text).not.toContain(code);
      // As people type it.
      const typed = code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l');
      expect((await confirm(typed)).body).toEqual({ purpose: 'sms', state: 'granted' });
      expect(await read('sms')).toMatchObject({ state: 'granted', history: [{ action: 'confirmed' }, {}] });
      const counts = await server.counts();
      expect((await confirm(code)).body).toEqual({ purpose: 'sms', state: 'granted' });
      expect(await server.counts()).toEqual(counts);
    });

    test('64 confirmations at once are one', async () => {
      await give({ purpose: 'sms', textVersion: 1 });
      const [code = ''] = await codes();
      const answers = await Promise.all(Array.from({ length: 64 }, () => confirm(code)));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect((await server.counts())['consents']).toBe(2);
    });

    test('a code ends with its time, with a withdrawal and with the next code', async () => {
      await give({ purpose: 'sms', textVersion: 1 });
      const [first = ''] = await codes();
      // Asking again at once sends no second message; later it does.
      await give({ purpose: 'sms', textVersion: 1 });
      expect(await codes()).toHaveLength(1);
      server.setNow(server.now() + 600_000);
      token = (await server.signIn('c-1')).access_token;
      await give({ purpose: 'sms', textVersion: 1 });
      const [, second = ''] = await codes();
      expect(problemOf(await confirm(first)).code).toBe('confirmation_not_found');
      await give({ purpose: 'sms', textVersion: 1, isGranted: false });
      expect(problemOf(await confirm(second)).code).toBe('confirmation_not_found');
      await give({ purpose: 'sms', textVersion: 1 });
      const third = (await codes()).at(-1) ?? '';
      server.setNow(server.now() + 7 * DAY_MS);
      expect(problemOf(await confirm(third)).code).toBe('confirmation_not_found');
      token = (await server.signIn('c-1')).access_token;
      expect((await read('sms')).state).toBe('expired');
    });

    test('a code is forgotten a day after its time', async () => {
      await give({ purpose: 'sms', textVersion: 1 });
      const step = { progress: null, save: async () => {}, isStopped: () => false };
      const run = () => sweepJob(server.services).run(PROGRAM, server.now(), step as never);
      server.setNow(server.now() + 7 * DAY_MS);
      await run();
      expect((await server.counts())['consent_codes']).toBe(1);
      server.setNow(server.now() + DAY_MS + 1);
      await run();
      expect((await server.counts())['consent_codes']).toBe(0);
    });

    test('a code confirms in its own program only, and nonsense nothing', async () => {
      await give({ purpose: 'sms', textVersion: 1 });
      const [code = ''] = await codes();
      const elsewhere = await server.call('POST', '/v1/programs/org.other.points/consents/confirm', { code });
      expect(problemOf(elsewhere).code).toBe('confirmation_not_found');
      for (const wrong of ['x', 'UUUU-UUUU-UUUU-UUUU', '0000-0000-0000-0000', `${code}0`]) {
        expect(problemOf(await confirm(wrong)).code).toBe('confirmation_not_found');
      }
    });

    test('the shop’s word does not stand for it: the shop gets a code to mail', async () => {
      const statement = 'ticked at the till, receipt 4711';
      const body = { purpose: 'sms', isGranted: true, textVersion: 1, locale: 'en', statement };
      const answer = await server.merchant('POST', '/members/c-1/consents', body);
      expect(stateIn(answer, 'sms')).toMatchObject({
        state: 'pending',
        history: [{ proof: { how: 'merchant', statement } }],
      });
      const { confirmation } = answer.body as { confirmation: { code: string } };
      expect((await confirm(confirmation.code)).body).toEqual({ purpose: 'sms', state: 'granted' });
    });
  });

  test('a purpose cannot be switched on and off without end, and always off', async () => {
    let refused: Answered | undefined;
    for (let index = 0; index < 12 && !refused; index++) {
      const answer = await give({ purpose: 'newsletter' });
      if (answer.status !== 200) refused = answer;
      expect((await give({ purpose: 'newsletter', isGranted: false })).status).toBe(200);
    }
    expect(refused && problemOf(refused).code).toBe('rate_limited');
    server.setNow(server.now() + DAY_MS);
    token = (await server.signIn('c-1')).access_token;
    expect((await give({ purpose: 'newsletter' })).status).toBe(200);
  });

  test('of many words at once every one has its place in the chain', async () => {
    await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        index % 2 === 0 ? give({ purpose: 'newsletter' }) : give({ purpose: 'newsletter', isGranted: false }),
      ),
    );
    const { history } = await read('newsletter');
    expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => history.length - index));
    expect(new Set(history.map(({ digest }) => digest)).size).toBe(history.length);
  });

  test('the shop sees who agreed, page by page, and who agreed to an older text', async () => {
    const body = { purpose: 'newsletter', isGranted: true, textVersion: 2, locale: 'en', statement: 'paper form' };
    for (let index = 0; index < 5; index++) {
      await server.services.ledger.enrol(PROGRAM, `m-${index}`);
      await server.merchant('PATCH', `/members/m-${index}/profile`, { email: `m${index}@example.com` });
      await server.merchant('POST', `/members/m-${index}/consents`, body);
    }
    await server.merchant('POST', '/members/m-4/consents', { ...body, isGranted: false });
    const seen: AudiencePage['members'] = [];
    let cursor = '';
    do {
      const answer = await server.merchant('GET', `/consents?purpose=newsletter&limit=3${cursor}`);
      const page = answer.body as AudiencePage;
      seen.push(...page.members);
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(seen).toHaveLength(4);
    expect(new Map(seen.map(({ memberId, email, isOutdated }) => [memberId, { email, isOutdated }]))).toEqual(
      new Map([0, 1, 2, 3].map((index) => [`m-${index}`, { email: `m${index}@example.com`, isOutdated: false }])),
    );
    await server.services.programs.apply(rewordedProgram);
    const outdated = (await server.merchant('GET', '/consents?purpose=newsletter')).body as AudiencePage;
    expect(outdated.members.every(({ isOutdated }) => isOutdated)).toBe(true);
    expect((await server.merchant('GET', '/consents?purpose=unheard-of')).status).toBe(404);
  });
});
