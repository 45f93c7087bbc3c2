import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EntryPage, MergeReceipt } from '../../../../shared/protocol/api.ts';
import { anOrder } from '../../../support/ledger.ts';
import { openServer, pointersOf, problemOf, type TestServer } from '../../../support/server.ts';

describe('merging over HTTP', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await openServer();
    for (const [index, customer] of ['a', 'b', 'c'].entries()) {
      await server.merchant('POST', '/orders', anOrder(`o-${index}`, customer, 10_00));
    }
  });
  afterAll(() => server.close());

  const reason = 'the same person';

  test('is written once, and taken back once', async () => {
    const key = { 'idempotency-key': 'merge-1' };
    const first = await server.merchant('POST', '/members/a/merge', { into: 'b', reason }, key);
    expect([first.status, first.body]).toEqual([201, { replayed: false, memberId: 'a', into: 'b', points: 10 }]);
    const again = await server.merchant('POST', '/members/a/merge', { into: 'b', reason }, key);
    expect([again.status, (again.body as MergeReceipt).replayed]).toEqual([200, true]);
    expect((await server.merchant('GET', '/members/a')).body).toMatchObject({ balance: { available: 20 } });
    const back = await server.merchant('POST', '/members/a/unmerge', { reason });
    expect([back.status, back.body]).toEqual([201, { replayed: false, memberId: 'a', into: 'b', points: 10 }]);
    expect(problemOf(await server.merchant('POST', '/members/a/unmerge', { reason })).code).toBe('merge_not_found');
  });

  test('the member reads of it in the own history', async () => {
    const { access_token: token } = await server.signIn('a');
    const { entries } = (await server.call('GET', '/v1/me/entries', undefined, token)).body as EntryPage;
    expect(entries.map(({ entry }) => [entry.kind, entry.points])).toEqual([
      ['transfer', 10],
      ['transfer', -10],
      ['accrual', 10],
    ]);
  });

  test('a page of the account that went over shows nothing of the other', async () => {
    const { access_token: token } = await server.signIn('c');
    await server.merchant('POST', '/members/c/merge', { into: 'b', reason });
    const account = (await server.call('GET', '/v1/me', undefined, token)).body;
    expect(account).toMatchObject({ balance: { available: 0, pending: 0, expiring: [] } });
    // From the next sign-in on the page is the other's.
    const { account: next } = await server.signIn('c');
    expect(next?.balance.available).toBe(20);
    const listed = (await server.merchant('GET', '/members')).body as { members: { memberId: string }[] };
    expect(listed.members.map(({ memberId }) => memberId).sort()).toEqual(['a', 'b']);
  });

  test.each([
    ['/members/a/merge', { reason }, ['/into']],
    ['/members/a/merge', { into: 'b' }, ['/reason']],
    ['/members/a/merge', { into: 'b', reason, points: 5 }, ['/points']],
    ['/members/a/unmerge', {}, ['/reason']],
  ])('%s with %j is refused', async (path, body, pointers) => {
    const answer = await server.merchant('POST', path, body);
    expect([answer.status, pointersOf(answer)]).toEqual([400, pointers]);
  });

  test('of oneself is refused', async () => {
    expect(problemOf(await server.merchant('POST', '/members/a/merge', { into: 'a', reason })).code).toBe(
      'merge_refused',
    );
  });
});
