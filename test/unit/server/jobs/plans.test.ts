import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { migrate } from '../../../../server/database/migrate.ts';
import { openDatabase } from '../../../../server/database/open.ts';
import { eventsCome } from '../../../../server/jobs/confirmation.ts';
import { accountsExpiring } from '../../../../server/jobs/expiry-notices.ts';
import { accountsReviewed } from '../../../../server/jobs/tier-rows.ts';
import { membersToExpire } from '../../../../server/ledger/rows.ts';
import {
  deliveriesDue,
  deliveryPage,
  eventsToHandOut,
  holdBack,
  letGo,
  pendingOfMembers,
} from '../../../../server/webhooks/outgoing/delivery-rows.ts';

/** What servers ask every second must cost the same in a shop of ten members and of a million. */
describe('plans of what jobs look for', () => {
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

  const statements = {
    accountsExpiring,
    accountsReviewed,
    deliveriesDue,
    deliveryPage,
    eventsCome,
    eventsToHandOut,
    holdBack,
    letGo,
    membersToExpire,
    pendingOfMembers: pendingOfMembers.statement(32),
  };

  test.for(Object.entries(statements))('%s seeks in an index, and sorts nothing', ([, statement]) => {
    const { text, parameterNames } = statement.compile('sqlite');
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${text}`).all(...parameterNames.map(() => ''));
    for (const { detail } of steps) expect(detail).toMatch(/^SEARCH .+\(program_id=\? AND /);
  });
});
