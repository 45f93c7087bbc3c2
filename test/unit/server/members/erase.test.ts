import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXPORT_SECTIONS, NOT_EXPORTED } from '../../../../server/members/export-sections.ts';
import { verify } from '../../../../server/verify/verify.ts';
import type { Account, ErasureReceipt, ExportPage, JoinAnswer } from '../../../../shared/protocol/api.ts';
import { WALLET_CLIENT_ID } from '../../../../shared/protocol/names.ts';
import { anOrder, conservationFaults, stores } from '../../../support/ledger.ts';
import { form, ISSUER, openServer, problemOf, type TestServer } from '../../../support/server.ts';
import { consentingProgram, dump, listen, memberTables } from './support.ts';

/** Texts that exist nowhere else, one for each thing that names a person. */
const CANARIES = {
  customer: 'customer-canary-5b1f',
  name: 'Canary Nameperson',
  email: 'canary.mailbox@example.com',
  comment: 'the canary comment of one who was here',
  statement: 'canary signed paper form 4711',
};
const SURVEY = { survey: 'post-purchase', score: 9, comment: CANARIES.comment, locale: 'de' };
const confirmed = '?confirm=forfeit-my-points';

describe.each(stores)('a member’s way out on %s', (store) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await openServer(store);
    await server.services.programs.apply(consentingProgram);
    await listen(server);
  });
  afterEach(() => server.close());

  /** A member of whom something is kept everywhere. */
  async function aWholeMember(): Promise<string> {
    const member = `/members/${CANARIES.customer}`;
    await server.merchant('POST', '/orders', anOrder('o-1', CANARIES.customer, 150_00));
    await server.merchant('POST', '/orders', anOrder('o-2', CANARIES.customer, 20_00));
    await server.merchant('POST', '/orders/o-2/refunds', {
      id: 'r-1',
      refundedAt: '2026-03-31T11:30:00Z',
      amountMinor: 500,
    });
    const key = (text: string) => ({ 'idempotency-key': text });
    await server.merchant('POST', `${member}/adjustments`, { points: -7, reason: 'by hand' }, key('adjust-1'));
    await server.merchant('POST', '/members', {
      memberId: CANARIES.customer,
      displayName: CANARIES.name,
      email: CANARIES.email,
      locale: 'de',
      birthday: '02-29',
      source: 'checkout',
      statement: CANARIES.statement,
      consents: [
        { purpose: 'newsletter', isGranted: true, textVersion: 2, locale: 'de' },
        { purpose: 'sms', isGranted: true, textVersion: 1, locale: 'en' },
      ],
    });
    const { access_token: token } = await server.signIn(CANARIES.customer);
    await server.call('POST', '/v1/me/survey-responses', SURVEY, token, key('answer-1'));
    return token;
  }

  async function linkWallet(token: string): Promise<{ access: string; refresh: string }> {
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    const body = { client_id: WALLET_CLIENT_ID, code_challenge: challenge, code_challenge_method: 'S256' };
    const { code } = (await server.call('POST', '/oauth/code', body, token)).body as { code: string };
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const fields = { grant_type: 'authorization_code', code, code_verifier: verifier, client_id: WALLET_CLIENT_ID };
    const answer = (await server.request('/oauth/token', form(fields))).body as Record<string, string>;
    return { access: answer['access_token'] as string, refresh: answer['refresh_token'] as string };
  }

  describe('export', () => {
    test('has everything, alike for the member and the merchant', async () => {
      const token = await aWholeMember();
      await linkWallet(token);
      const mine = await server.call('GET', '/v1/me/export', undefined, token);
      expect((await server.merchant('GET', `/members/${CANARIES.customer}/export`)).body).toEqual(mine.body);
      const { data, nextCursor } = mine.body as ExportPage;
      expect(nextCursor).toBeNull();
      for (const canary of Object.values(CANARIES)) expect(mine.text).toContain(canary);
      expect(data['profile']).toMatchObject([{ displayName: CANARIES.name, birthday: '02-29', source: 'checkout' }]);
      expect(data['consents']).toMatchObject([
        { purpose: 'newsletter', action: 'granted', proof: { how: 'merchant', statement: CANARIES.statement } },
        { purpose: 'sms', action: 'requested' },
      ]);
      expect(data['entries']).toHaveLength(4);
      expect(data['orders']).toMatchObject([
        { order: 'o-1', points: 150, facts: { lines: [{ sku: 'sku-1' }] }, refunds: [] },
        { order: 'o-2', refunds: [{ refund: 'r-1', amountMinor: 500 }] },
      ]);
      expect(data['surveyResponses']).toMatchObject([{ score: 9, comment: CANARIES.comment }]);
      expect(data['wallets']).toMatchObject([{ client: WALLET_CLIENT_ID }]);
      // Hashes of codes and tokens prove nothing to the member, and something to a thief of the file.
      expect(mine.text).not.toMatch(/refresh_hash|code_hash|sealed/);
    });

    test('shows nothing of another member', async () => {
      await aWholeMember();
      const { access_token: other } = await server.signIn('c-2');
      const { text } = await server.call('GET', '/v1/me/export', undefined, other);
      for (const canary of Object.values(CANARIES)) expect(text).not.toContain(canary);
      expect((await server.merchant('GET', '/members/nobody/export')).status).toBe(404);
    });

    test('goes on where a page ended, and leaves nothing out', async () => {
      const lines = Array.from({ length: 400 }, (_, index) => ({ sku: `sku-${index}`, quantity: 1, netMinor: 100 }));
      for (let index = 0; index < 70; index++) {
        await server.merchant('POST', '/orders', { ...anOrder(`o-${index}`, 'c-1', 0), lines });
      }
      const { access_token: token } = await server.signIn('c-1');
      const orders: string[] = [];
      const entries: number[] = [];
      let path: string | undefined = '/v1/me/export';
      let pageCount = 0;
      let lotCount = 0;
      while (path !== undefined) {
        const answer = await server.call('GET', path, undefined, token);
        expect(answer.text.length).toBeLessThan(1_500_000);
        const { data } = answer.body as ExportPage;
        orders.push(...((data['orders'] ?? []) as { order: string }[]).map(({ order }) => order));
        lotCount += (data['lots'] ?? []).length;
        entries.push(...((data['entries'] ?? []) as { entry: { seq: number } }[]).map(({ entry }) => entry.seq));
        pageCount++;
        path = /^<([^>]+)>/.exec(answer.headers.get('link') ?? '')?.[1]?.slice(ISSUER.length);
      }
      expect(pageCount).toBeGreaterThan(1);
      expect(lotCount).toBe(70);
      expect(orders).toEqual(Array.from({ length: 70 }, (_, index) => `o-${index}`));
      expect(entries).toEqual(Array.from({ length: 70 }, (_, index) => index + 1));
    });

    test('speaks for every table that has a member in it', () => {
      const spokenFor = new Set<string>([
        ...EXPORT_SECTIONS.flatMap(({ tables }) => tables),
        ...Object.keys(NOT_EXPORTED),
      ]);
      expect(memberTables.filter((table) => !spokenFor.has(table))).toEqual([]);
    });

    test('refuses a cursor that no page gave', async () => {
      const { access_token: token } = await server.signIn('c-1');
      for (const position of [['nothing', '', ''], ['entries'], [1, 2, 3]]) {
        const cursor = Buffer.from(JSON.stringify(position)).toString('base64url');
        expect((await server.call('GET', `/v1/me/export?cursor=${cursor}`, undefined, token)).status).toBe(400);
      }
    });
  });

  describe('erasing', () => {
    test('leaves no trace of the person in any table, and the ledger sound', async () => {
      await aWholeMember();
      const before = await dump(server);
      const kept = [...before.values()].join('\n');
      // What is sealed cannot be seen even before.
      expect(kept).not.toContain(CANARIES.name);
      expect(kept).not.toContain(CANARIES.email);
      expect(kept).not.toContain(CANARIES.statement);
      expect(kept).toContain(CANARIES.customer);
      expect(kept).toContain(CANARIES.comment);

      const { balance } = (await server.merchant('GET', `/members/${CANARIES.customer}`)).body as Account;
      const answer = await server.merchant('DELETE', `/members/${CANARIES.customer}?reason=member_request`);
      expect(balance.available).toBeGreaterThan(100);
      expect(answer.body).toMatchObject({ pointsForfeited: balance.available });
      const { erased } = answer.body as ErasureReceipt;
      for (const [table, text] of await dump(server)) {
        for (const canary of Object.values(CANARIES)) expect([table, text.includes(canary)]).toEqual([table, false]);
      }
      const counts = await server.counts();
      expect([counts['member_profiles'], counts['consent_states'], counts['wallet_grants']]).toEqual([0, 0, 0]);
      expect([counts['consents'], counts['survey_responses'], counts['orders']]).toEqual([2, 1, 2]);
      expect((await verify(server.database)).finding).toBeNull();
      expect(await conservationFaults(server)).toEqual([]);
      const survey = (await server.merchant('GET', '/survey-responses?survey=post-purchase')).body;
      expect(survey).toMatchObject({ nps: 100, responses: [{ memberId: null, score: 9, comment: null }] });
      // The shop is told, by an id that leads to nobody.
      const told = (await dump(server)).get('outbox') ?? '';
      expect(told).toContain('member.erased');
      expect(told).toContain(erased);
    });

    test('nothing of a person gets into logs, answers to others, entries or the outbox', async () => {
      await aWholeMember();
      await server.merchant('PATCH', `/members/${CANARIES.customer}/profile`, { birthday: '03-01' });
      await server.merchant('POST', '/members', {
        memberId: CANARIES.customer,
        displayName: CANARIES.name,
        email: CANARIES.email,
        source: 'banner',
      });
      await server.merchant('GET', `/members?email=${encodeURIComponent(CANARIES.email)}`);
      await server.merchant('DELETE', `/members/${CANARIES.customer}?reason=retention`);
      await new Promise((resolve) => setImmediate(resolve));
      const tables = await dump(server);
      const log = server.log.join('');
      expect(log).toContain('/v1/programs/{program}/members');
      for (const text of [log, tables.get('entries') ?? '', tables.get('outbox') ?? '']) {
        for (const canary of Object.values(CANARIES)) expect(text).not.toContain(canary);
      }
    });

    test('ends every token at once', async () => {
      const token = await aWholeMember();
      const wallet = await linkWallet(token);
      expect((await server.call('GET', '/v1/me', undefined, wallet.access)).status).toBe(200);
      await server.merchant('DELETE', `/members/${CANARIES.customer}?reason=member_request`);
      for (const bearer of [token, wallet.access]) {
        expect(problemOf(await server.call('GET', '/v1/me', undefined, bearer)).code).toBe('invalid_token');
      }
      const refresh = { grant_type: 'refresh_token', refresh_token: wallet.refresh };
      expect((await server.request('/oauth/token', form(refresh))).status).toBe(400);
    });

    test('a second time finds nobody; the same customer coming again is somebody new', async () => {
      await aWholeMember();
      const path = `/members/${CANARIES.customer}`;
      expect((await server.merchant('DELETE', `${path}?reason=member_request`)).status).toBe(200);
      expect((await server.merchant('DELETE', `${path}?reason=member_request`)).status).toBe(404);
      expect((await server.merchant('GET', path)).status).toBe(404);
      await server.merchant('POST', '/orders', anOrder('o-3', CANARIES.customer, 10_00));
      expect((await server.merchant('GET', path)).body).toMatchObject({ seq: 1, balance: { available: 10 } });
      const join = { memberId: CANARIES.customer, source: 'checkout' };
      expect(((await server.merchant('POST', '/members', join)).body as JoinAnswer).replayed).toBe(false);
      expect((await verify(server.database)).finding).toBeNull();
    });

    test('a refund for an order of one who was erased is still booked', async () => {
      await aWholeMember();
      await server.merchant('DELETE', `/members/${CANARIES.customer}?reason=member_request`);
      const refund = { id: 'r-9', refundedAt: '2026-03-31T11:50:00Z', amountMinor: 150_00 };
      expect((await server.merchant('POST', '/orders/o-1/refunds', refund)).status).toBe(201);
      expect((await verify(server.database)).finding).toBeNull();
      expect(await conservationFaults(server)).toEqual([]);
    });

    test('the member needs a token of just now, and says so in so many words', async () => {
      const token = await aWholeMember();
      const counts = await server.counts();
      expect((await server.call('DELETE', '/v1/me', undefined, token)).status).toBe(400);
      expect((await server.call('DELETE', '/v1/me?confirm=yes', undefined, token)).status).toBe(400);
      const { access } = await linkWallet(token);
      expect((await server.call('DELETE', `/v1/me${confirmed}`, undefined, access)).status).toBe(403);
      server.setNow(server.now() + 121_000);
      const stale = await server.call('DELETE', `/v1/me${confirmed}`, undefined, token);
      expect(problemOf(stale).code).toBe('fresh_token_required');
      expect(stale.headers.get('www-authenticate')).toContain('insufficient_user_authentication');
      expect((await server.counts())['member_profiles']).toBe(counts['member_profiles']);
      const { access_token: fresh } = await server.signIn(CANARIES.customer);
      expect((await server.call('DELETE', `/v1/me${confirmed}`, undefined, fresh)).status).toBe(200);
      expect((await server.call('GET', '/v1/me', undefined, fresh)).status).toBe(401);
    });

    test('beside every other write at once: whatever comes after names somebody new', async () => {
      for (let round = 0; round < 8; round++) {
        const customer = `${CANARIES.customer}-${round}`;
        await server.merchant('POST', '/orders', anOrder(`a-${round}`, customer, 10_00));
        const { access_token: token } = await server.signIn(customer);
        const answers = await Promise.all([
          server.call('PATCH', '/v1/me/profile', { displayName: CANARIES.name, email: CANARIES.email }, token),
          server.merchant('DELETE', `/members/${customer}?reason=other`),
          server.merchant('POST', '/orders', anOrder(`b-${round}`, customer, 10_00)),
          server.call(
            'POST',
            '/v1/me/consents',
            { purpose: 'newsletter', isGranted: true, textVersion: 2, locale: 'en' },
            token,
          ),
          server.merchant('DELETE', `/members/${customer}?reason=other`),
        ]);
        expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
        await server.merchant('DELETE', `/members/${customer}?reason=other`);
      }
      const counts = await server.counts();
      expect([counts['member_profiles'], counts['consent_states']]).toEqual([0, 0]);
      for (const [table, text] of await dump(server)) {
        expect([table, text.includes(CANARIES.customer)]).toEqual([table, false]);
        if (table === 'consents') expect(text).not.toMatch(/"proof":"/);
        if (table === 'member_keys') expect(text).not.toContain('v1.');
      }
      expect((await verify(server.database)).finding).toBeNull();
      expect(await conservationFaults(server)).toEqual([]);
    });
  });
});
