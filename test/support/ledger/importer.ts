import { openDatabase } from '../../../server/database/open.ts';
import { FORMATS, importOrders } from '../../../server/import/import-orders.ts';
import { createLedger } from '../../../server/ledger/create-ledger.ts';
import { createProgramStore } from '../../../server/programs/program-store.ts';

/** A process to be killed: imports the CDNOW file of its second argument into the store of its first, telling how far it is. */
const [url = '', path = '', programId = ''] = process.argv.slice(2);
const database = await openDatabase(url);
const clock = Date.now;
const programs = createProgramStore({ database, clock });
const { program } = await programs.newest(programId);
await importOrders({
  database,
  ledger: createLedger({ database, programs, clock }),
  clock,
  programId,
  target: { timeZone: program.timeZone },
  path,
  read: FORMATS['cdnow'] as (typeof FORMATS)[string],
  onProgress: ({ orderCount }) => process.stdout.write(`${orderCount}\n`),
});
await database.close();
