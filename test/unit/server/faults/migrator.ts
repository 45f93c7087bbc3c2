import type { Database, Transaction } from '../../../../server/database/database.ts';
import { migrate } from '../../../../server/database/migrate.ts';
import { openDatabase } from '../../../../server/database/open.ts';

/**
 * A process that brings a store's schema up and is killed on the way: as soon as it has run as many statements as its
 * second argument says, before they are committed. Says `done` where it needed fewer.
 */
const [url = '', last = ''] = process.argv.slice(2);
const database = await openDatabase(url);
let count = 0;

const killing = (tx: Transaction): Transaction => ({
  all: (query, params) => tx.all(query, params),
  allIn: (lookup, params, keys) => tx.allIn(lookup, params, keys),
  insert: (batch, rows) => tx.insert(batch, rows),
  async run(query, params) {
    const rows = await tx.run(query, params);
    if (++count === Number(last)) process.kill(process.pid, 'SIGKILL');
    return rows;
  },
});
const killed: Database = {
  dialect: database.dialect,
  all: (query, params) => database.all(query, params),
  transaction: (work) => database.transaction((tx) => work(killing(tx))),
  check: () => database.check(),
  close: () => database.close(),
};
await migrate(killed, 0);
await database.close();
process.stdout.write('done');
