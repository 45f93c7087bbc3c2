import { existsSync, readFileSync } from 'node:fs';
import { migrate } from '../../../../server/database/migrate.ts';
import { openDatabase } from '../../../../server/database/open.ts';
import { createLedger } from '../../../../server/ledger/create-ledger.ts';
import { createProgramStore } from '../../../../server/programs/program-store.ts';
import { anOrder, PROGRAM, program } from '../../../support/ledger.ts';

/** A process that posts one order after the other and tells how often the log was synced before and after each. */
const [url = '', orders = ''] = process.argv.slice(2);
const counter = process.env['POWER_CUT_COUNT'] ?? '';
const syncs = () => (existsSync(counter) ? readFileSync(counter).readBigUInt64LE() : 0n);
const clock = Date.now;
const database = await openDatabase(url);
await migrate(database, clock());
const programs = createProgramStore({ database, clock });
await programs.apply(program);
const ledger = createLedger({ database, programs, clock });
for (let index = 0; index < Number(orders); index++) {
  const before = syncs();
  await ledger.postOrder(PROGRAM, anOrder(`order-${index}`, 'anna', 1_000));
  process.stdout.write(`${syncs() - before}\n`);
}
await database.close();
