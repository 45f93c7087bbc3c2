import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../../server/database/migrate.ts';
import { openDatabase } from '../../../server/database/open.ts';
import {
  lapsedRedemptions,
  lotsBySeq,
  redemptionsByCode,
  redemptionsById,
  stockOf,
} from '../../../server/ledger/redemption-rows.ts';
import {
  keysByText,
  membersByCustomer,
  membersById,
  openLots,
  ordersById,
  refundsByOrder,
  usesOf,
} from '../../../server/ledger/rows.ts';
import { redemptionsInState, redemptionsOfMember } from '../../../server/redemptions/redemption-reads.ts';

/** A command's reads must cost the same in a shop of ten members and of a million. */
describe('plans of the embedded store', () => {
  let folder: string;
  let database: DatabaseSync;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'laurel-plans-'));
    const opened = await openDatabase(`sqlite:${folder}`);
    await migrate(opened, 0);
    await opened.close();
    database = new DatabaseSync(join(folder, 'laurel.db'));
  });

  afterAll(async () => {
    database.close();
    await rm(folder, { recursive: true, force: true });
  });

  const redemptions = { redemptionsById, redemptionsByCode, stockOf, lotsBySeq };
  const lookups = {
    keysByText,
    membersByCustomer,
    membersById,
    openLots,
    ordersById,
    refundsByOrder,
    usesOf,
    ...redemptions,
  };

  test.for(Object.entries(lookups))('%s seeks each key, and scans no program', ([, lookup]) => {
    for (const keyCount of [1, 32, 128]) {
      const { text, parameterNames } = lookup.statement(keyCount).compile('sqlite');
      const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameterNames.map(() => ''));
      for (const { detail } of steps) expect(detail).toMatch(/^SEARCH .+\(program_id=\? AND /);
    }
  });

  const listings = { lapsedRedemptions, redemptionsOfMember, redemptionsInState };

  test.for(Object.entries(listings))('%s reads its page along an index', ([, listing]) => {
    const { text, parameterNames } = listing.compile('sqlite');
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameterNames.map(() => ''));
    const searches = steps.filter(({ detail }) => !String(detail).startsWith('USE TEMP B-TREE'));
    for (const { detail } of searches) expect(detail).toMatch(/^SEARCH .+\(program_id=\? AND /);
  });
});
