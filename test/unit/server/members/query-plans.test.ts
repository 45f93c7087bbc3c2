import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Database, Transaction } from '../../../../server/database/database.ts';
import type { Statement } from '../../../../server/database/statement.ts';
import { createVault } from '../../../../server/identity/vault.ts';
import { createMemberBook } from '../../../../server/members/member-book.ts';
import { listAudience, listMembers } from '../../../../server/members/member-list.ts';
import { PROGRAM } from '../../../support/ledger.ts';
import { SECRET } from '../../../support/server.ts';
import { openMembers, type TestMembers } from './merging.ts';
import { consentingProgram } from './support.ts';

/** What members do costs the same in a shop of ten and of a million. */

let t: TestMembers;
const texts = new Set<string>();

/** Takes note of every statement that goes through it. */
function noting<T extends Database | Transaction>(target: T): T {
  return new Proxy(target, {
    get(object, property, receiver) {
      const value: unknown = Reflect.get(object, property, receiver);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (property === 'all' || property === 'run') texts.add((args[0] as Statement<unknown>).compile('sqlite').text);
        if (property !== 'transaction') return value.apply(object, args) as unknown;
        const work = args[0] as (tx: Transaction) => Promise<unknown>;
        return value.call(object, (tx: Transaction) => work(noting(tx))) as unknown;
      };
    },
  });
}

beforeAll(async () => {
  t = await openMembers('sqlite', consentingProgram);
  const database = noting(t.database);
  const members = createMemberBook({
    database,
    programs: t.programs,
    ledger: t.ledger,
    vault: createVault(SECRET),
    outbox: { write: async () => 0 },
    accessTokens: { endAll: () => {} },
    clock: () => Date.parse('2026-03-31T12:00:00Z'),
  });
  const newsletter = { purpose: 'newsletter', isGranted: true, textVersion: 2, locale: 'en' };
  const about = { displayName: 'Kim', email: 'kim@example.com', birthday: '02-29', source: 'checkout' };
  for (const customer of ['a', 'b']) {
    await members.join(PROGRAM, customer, { ...about, consents: [newsletter] }, { how: 'page' });
  }
  const memberId = await t.ledger.memberIdOf(PROGRAM, 'a');
  await members.profiles.change(PROGRAM, memberId, { locale: 'de' }, 'member');
  const { code } = await members.consents.give(
    PROGRAM,
    memberId,
    { ...newsletter, purpose: 'sms', textVersion: 1 },
    { how: 'page' },
  );
  await members.consents.confirm(PROGRAM, code ?? '');
  await members.profiles.membersWithBirthday(PROGRAM, '02-29', '', 10);
  const page = { after: '', limit: 10 };
  await listMembers(database, members.profiles, PROGRAM, {}, page);
  await listMembers(database, members.profiles, PROGRAM, { email: about.email }, page);
  const audience = { programId: PROGRAM, purpose: 'newsletter', textVersion: 2 };
  await listAudience(database, members.profiles, audience, page);
  await members.exportMember(PROGRAM, memberId, null);
  await members.merge(PROGRAM, 'a', { into: 'b', reason: 'one person' });
  await members.unmerge(PROGRAM, 'a', 'two after all');
  await members.erase(PROGRAM, memberId, 'other');
});
afterAll(() => t.close());

/** Of one member there are few of these, and only an export asks for all of them. */
const FEW = /from "(?:redemptions|member_signals|member_notices)"/;

test('every statement seeks its rows, in the order in which they lie', () => {
  const raw = new DatabaseSync(join(t.url.slice('sqlite:'.length), 'laurel.db'), { readOnly: true });
  const poor = [...texts].flatMap((text) => {
    const steps = raw.prepare(`EXPLAIN QUERY PLAN ${text}`).all() as { detail: string }[];
    return steps
      .filter(({ detail }) => /^SCAN (?!CONSTANT)/.test(detail) || (/TEMP B-TREE/.test(detail) && !FEW.test(text)))
      .map(({ detail }) => `${detail}: ${text}`);
  });
  raw.close();
  expect(texts.size).toBeGreaterThan(30);
  expect(poor).toEqual([]);
});
