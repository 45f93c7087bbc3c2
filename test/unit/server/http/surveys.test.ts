import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Account, SurveyResponsePage } from '../../../../shared/protocol/api.ts';
import { stores } from '../../../support/ledger.ts';
import { openServer, pointersOf, problemOf, program, START, type TestServer } from '../../../support/server.ts';

const DAY_MS = 86_400_000;

describe.each(stores)('surveys on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
  });
  afterEach(() => server.close());

  async function respond(customerId: string, body: object, key = `key-${customerId}`) {
    const { access_token } = await server.signIn(customerId);
    return server.call('POST', '/v1/me/survey-responses', body, access_token, { 'idempotency-key': key });
  }
  const list = (query = '') => server.merchant('GET', `/survey-responses?survey=post-purchase${query}`);
  const answer = { survey: 'post-purchase', score: 9, comment: 'Lovely beans ☕', locale: 'en' };

  test('an answer reaches the merchant', async () => {
    expect(await respond('c-1', answer)).toMatchObject({
      status: 201,
      body: { survey: 'post-purchase', replayed: false },
    });
    expect((await list()).body).toEqual({
      responses: [
        {
          id: expect.stringMatching(/^rsp_/),
          survey: 'post-purchase',
          memberId: 'c-1',
          score: 9,
          comment: 'Lovely beans ☕',
          locale: 'en',
          answeredAt: '2026-03-31T12:00:00.000Z',
        },
      ],
      nps: 100,
      count: 1,
      nextCursor: null,
    });
  });

  test('without answers there is no score', async () => {
    expect((await list()).body).toEqual({ responses: [], nps: null, count: 0, nextCursor: null });
  });

  test('a repeat is answered as the first time; the same key with other words is refused', async () => {
    const first = await respond('c-1', answer);
    const again = await respond('c-1', answer);
    expect(again).toMatchObject({ status: 200, body: { ...(first.body as object), replayed: true } });
    expect(problemOf(await respond('c-1', { ...answer, score: 0 }))).toMatchObject({ code: 'idempotency_conflict' });
    expect((await list()).body).toMatchObject({ count: 1 });
  });

  test("one member's key is not another's", async () => {
    await respond('c-1', answer, 'same-key');
    expect(await respond('c-2', answer, 'same-key')).toMatchObject({ status: 201 });
  });

  test('may be answered again only after its days have passed', async () => {
    await respond('c-1', answer, 'k-1');
    expect(problemOf(await respond('c-1', answer, 'k-2'))).toMatchObject({
      status: 409,
      code: 'survey_already_answered',
    });
    server.setNow(START + 90 * DAY_MS - 1);
    expect(problemOf(await respond('c-1', answer, 'k-2'))).toMatchObject({ code: 'survey_already_answered' });
    server.setNow(START + 90 * DAY_MS);
    expect(await respond('c-1', answer, 'k-2')).toMatchObject({ status: 201 });
  });

  test('of many answers at once one is kept', async () => {
    const { access_token } = await server.signIn('c-1');
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        server.call('POST', '/v1/me/survey-responses', answer, access_token, { 'idempotency-key': `k-${index}` }),
      ),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    expect((await list()).body).toMatchObject({ count: 1 });
  });

  test('an answered survey is due no more, and the ETag tells', async () => {
    const { access_token } = await server.signIn('c-1');
    const before = await server.call('GET', '/v1/me', undefined, access_token);
    expect((before.body as Account).surveysDue).toEqual(['post-purchase']);
    await respond('c-1', answer);
    const after = await server.call('GET', '/v1/me', undefined, access_token, {
      'if-none-match': before.headers.get('etag') ?? '',
    });
    expect(after).toMatchObject({ status: 200, body: { surveysDue: [] } });
  });

  test.each([
    [{ survey: 'other', score: 9 }, 'survey_not_found', '/survey'],
    [{ survey: 'post-purchase', score: 11 }, 'invalid_request', '/score'],
    [{ survey: 'post-purchase', score: 7.5 }, 'invalid_request', '/score'],
    [{ survey: 'post-purchase', score: '9' }, 'invalid_request', '/score'],
    [{ survey: 'post-purchase' }, 'invalid_request', '/score'],
    [{ survey: 'post-purchase', score: 9, comment: 'x'.repeat(2_001) }, 'invalid_request', '/comment'],
    [{ survey: 'post-purchase', score: 9, comment: 'a\u0000b' }, 'invalid_request', '/comment'],
    [{ survey: 'post-purchase', score: 9, locale: '<b>' }, 'invalid_request', '/locale'],
    [{ survey: 'post-purchase', score: 9, memberId: 'c-2' }, 'invalid_request', '/memberId'],
  ])('%j is refused as %s at %s', async (body, code, pointer) => {
    const refused = await respond('c-1', body);
    expect(problemOf(refused).code).toBe(code);
    expect(pointersOf(refused)).toEqual([pointer]);
    expect((await list()).body).toMatchObject({ count: 0 });
  });

  test('the score is over all answers, whatever the page', async () => {
    for (const [index, score] of [10, 10, 0].entries()) {
      server.setNow(START + index * 1_000);
      await respond(`c-${index}`, { survey: 'post-purchase', score });
    }
    const pages: SurveyResponsePage[] = [];
    let cursor = '';
    do {
      const page = (await list(`&limit=1${cursor}`)).body as SurveyResponsePage;
      pages.push(page);
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    expect(pages.map(({ responses }) => responses[0]?.memberId)).toEqual(['c-2', 'c-1', 'c-0']);
    expect(pages.every(({ nps, count }) => nps === 33 && count === 3)).toBe(true);
  });

  test('answers of the same instant are each on one page', async () => {
    for (let index = 0; index < 5; index++) await respond(`c-${index}`, { survey: 'post-purchase', score: index });
    const first = (await list('&limit=3')).body as SurveyResponsePage;
    const rest = (await list(`&limit=3&cursor=${first.nextCursor}`)).body as SurveyResponsePage;
    const ids = [...first.responses, ...rest.responses].map(({ memberId }) => memberId);
    expect(ids).toHaveLength(5);
    expect(new Set(ids)).toEqual(new Set(['c-0', 'c-1', 'c-2', 'c-3', 'c-4']));
  });

  test('a survey that was taken out keeps its answers', async () => {
    await respond('c-1', answer);
    server.setNow(START + 1);
    await server.merchant('PUT', '', { ...program, surveys: [] });
    server.setNow(START + 2);
    expect((await list()).body).toMatchObject({ count: 1 });
    expect(problemOf(await respond('c-2', answer))).toMatchObject({ status: 404, code: 'survey_not_found' });
  });

  test('listing needs a survey that exists', async () => {
    expect(pointersOf(await server.merchant('GET', '/survey-responses'))).toEqual(['/query/survey']);
    const unknown = await server.merchant('GET', '/survey-responses?survey=nope');
    expect(problemOf(unknown)).toMatchObject({ status: 404, code: 'survey_not_found' });
    const cursor = await server.merchant('GET', '/survey-responses?survey=post-purchase&cursor=abc');
    expect(pointersOf(cursor)).toEqual(['/query/cursor']);
  });
});
