import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../../../server/database/open.ts';
import { verify } from '../../../../server/verify/verify.ts';
import { anOrder, PROGRAM } from '../../../support/ledger.ts';
import { openMembers } from './merging.ts';
import { consentingProgram } from './support.ts';

/** L8 of what is kept of members: whatever is changed behind the server's back in a copy is found, and where. */

let folder: string;
let original: string;
let copies = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'laurel-verify-members-'));
  original = join(folder, 'original.db');
  const t = await openMembers('sqlite', consentingProgram);
  const newsletter = { purpose: 'newsletter', isGranted: true, textVersion: 2, locale: 'en' };
  for (let index = 0; index < 6; index++) {
    const customer = `c-${index}`;
    await t.ledger.postOrder(PROGRAM, anOrder(`o-${index}`, customer, 10_00 * (index + 1)));
    const about = {
      displayName: `Member ${index}`,
      email: `m${index}@example.com`,
      birthday: '02-29',
      source: 'checkout',
    };
    await t.members.join(PROGRAM, customer, { ...about, consents: [newsletter] }, { how: 'page' });
    const memberId = await t.ledger.memberIdOf(PROGRAM, customer);
    await t.members.consents.give(PROGRAM, memberId, { ...newsletter, isGranted: index % 2 === 0 }, { how: 'page' });
    await t.members.consents.give(
      PROGRAM,
      memberId,
      { ...newsletter, purpose: 'sms', textVersion: 1 },
      { how: 'page' },
    );
  }
  await t.members.merge(PROGRAM, 'c-0', { into: 'c-1', reason: 'one person' });
  await t.members.merge(PROGRAM, 'c-2', { into: 'c-3', reason: 'one person' });
  await t.members.unmerge(PROGRAM, 'c-2', 'two after all');
  await t.members.erase(PROGRAM, await t.ledger.memberIdOf(PROGRAM, 'c-4'), 'retention');
  expect((await verify(t.database)).finding).toBeNull();
  const raw = new DatabaseSync(join(t.url.slice('sqlite:'.length), 'laurel.db'));
  raw.exec(`VACUUM INTO '${original}'`);
  raw.close();
  await t.close();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function findingAfter(...statements: string[]) {
  const directory = join(folder, `copy-${copies++}`);
  await mkdir(directory);
  await copyFile(original, join(directory, 'laurel.db'));
  const raw = new DatabaseSync(join(directory, 'laurel.db'));
  for (const text of statements) expect(raw.prepare(text).run().changes, text).toBeGreaterThan(0);
  raw.close();
  const database = await openDatabase(`sqlite:${directory}`);
  try {
    return (await verify(database)).finding;
  } finally {
    await database.close();
  }
}

const named = "(SELECT member_id FROM members WHERE customer_id = 'c-5')";
const erased = '(SELECT member_id FROM member_erasures)';
const merged = '(SELECT member_id FROM accounts WHERE merged_into IS NOT NULL)';

test('an untouched copy has no fault', async () => {
  expect(await findingAfter("UPDATE members SET enrolled_at = enrolled_at WHERE customer_id = 'c-5'")).toBeNull();
});

test.each([
  ['consents', `UPDATE consents SET action = 'granted' WHERE action = 'withdrawn'`],
  ['consents', `UPDATE consents SET recorded_at = recorded_at - 1 WHERE member_id = ${named} AND seq = 1`],
  ['consents', `UPDATE consents SET text_hash = 'x' WHERE member_id = ${named} AND seq = 1`],
  ['consents', `UPDATE consents SET locale = 'de' WHERE member_id = ${named} AND seq = 1`],
  ['consents', `UPDATE consents SET confirm_by = confirm_by + 1 WHERE member_id = ${named} AND confirm_by IS NOT NULL`],
  ['consents', `UPDATE consents SET proof = NULL WHERE member_id = ${named} AND seq = 1`],
  ['consents', `UPDATE consents SET proof = 'v1.AAAA' WHERE member_id = ${named} AND seq = 1`],
  ['consents', `UPDATE consents SET proof = 'v1.AAAA' WHERE member_id = ${erased} AND seq = 1`],
  ['consents', `DELETE FROM consents WHERE member_id = ${named} AND seq = 1`],
  ['consents', `UPDATE consents SET seq = seq + 1 WHERE member_id = ${named} AND seq = 3`],
  ['consent_states', `DELETE FROM consents WHERE member_id = ${named} AND seq = 3`],
  ['consent_states', `DELETE FROM consents WHERE member_id = ${named}`],
  ['consent_states', `UPDATE consent_states SET is_effective = 1 - is_effective WHERE member_id = ${named}`],
  ['consent_states', `UPDATE consent_states SET seq = 1 WHERE member_id = ${named} AND seq = 3`],
  ['consent_states', `DELETE FROM consent_states WHERE member_id = ${named} AND seq = 3`],
  ['member_profiles', `UPDATE member_profiles SET sealed = sealed || 'A' WHERE member_id = ${named}`],
  ['member_profiles', `UPDATE member_profiles SET birthday_hash = 'x' WHERE member_id = ${named}`],
  ['member_profiles', `UPDATE member_profiles SET birthday_set_at = NULL WHERE member_id = ${named}`],
  ['member_profiles', `UPDATE member_profiles SET source = 'banner' WHERE member_id = ${named}`],
  ['member_erasures', `UPDATE member_erasures SET reason = 'other'`],
  ['member_erasures', `UPDATE member_erasures SET points = points + 1`],
  ['members', `UPDATE members SET customer_id = 'c-4' WHERE member_id = ${erased}`],
  ['accounts', `UPDATE accounts SET merged_into = ${named} WHERE merged_into IS NOT NULL`],
  [
    'accounts',
    `UPDATE accounts SET merged_into = ${named} WHERE member_id = (SELECT member_id FROM members WHERE customer_id = 'c-3')`,
  ],
  ['member_merges', 'UPDATE accounts SET merged_into = NULL WHERE merged_into IS NOT NULL'],
  ['member_merges', `UPDATE member_merges SET lots = '[]' WHERE member_id = ${merged}`],
  ['member_merges', `UPDATE member_merges SET unmerged_seq = NULL WHERE unmerged_seq IS NOT NULL`],
  ['accounts', `DELETE FROM member_merges WHERE member_id = ${merged}`],
])('%s: %s', async (table, change) => {
  expect((await findingAfter(change))?.table).toBe(table);
});
