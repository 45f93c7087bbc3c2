import { createInterface } from 'node:readline';
import { migrate } from '../../../server/database/migrate.ts';
import { openDatabase } from '../../../server/database/open.ts';
import { createLedger } from '../../../server/ledger/create-ledger.ts';
import { createLedgerThread } from '../../../server/ledger/thread/threaded-ledger.ts';
import { createProgramStore } from '../../../server/programs/program-store.ts';
import { anOrder, PROGRAM, program } from '../ledger.ts';

/**
 * A process to be killed: opens the store that its argument names and posts orders, refunds and expiry runs as fast as it
 * can, printing each acknowledged one. Orders are named by the second argument, so that rounds do not repeat each other.
 */
const [url = '', round = ''] = process.argv.slice(2);
const clock = Date.now;
const database = await openDatabase(url);
await migrate(database, clock());
const programs = createProgramStore({ database, clock });
await programs.apply(program);
// As a server has it: in a thread of its own on the embedded store.
const thread = database.share ? createLedgerThread({ database, secret: 'what the writer of the tests seals' }) : null;
const ledger = createLedger({ database, programs, clock, thread });
process.stdout.write('ready\n');
// Ends with its parent, should that one die first.
createInterface({ input: process.stdin }).on('close', () => process.exit());

await Promise.all(
  Array.from({ length: 16 }, async (_, lane) => {
    for (let index = 0; ; index++) {
      const id = `${round}-${lane}-${index}`;
      const { entry } = await ledger.postOrder(PROGRAM, anOrder(id, `member-${lane % 5}`, 1_000 + index));
      process.stdout.write(`order ${id} ${entry.points}\n`);
      if (index % 3 === 2) {
        await ledger.postRefund(PROGRAM, id, { id: 'r', refundedAt: '2026-03-31T12:00:00Z', amountMinor: 500 });
        process.stdout.write(`refund ${id} 0\n`);
      }
      if (index % 50 === 49) await ledger.expireLots(PROGRAM, clock());
    }
  }),
);
