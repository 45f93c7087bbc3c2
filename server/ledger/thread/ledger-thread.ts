import { parentPort, workerData } from 'node:worker_threads';
import { openShared } from '../../database/sqlite.ts';
import { createVault } from '../../identity/vault.ts';
import { createEraser } from '../../members/erase-records.ts';
import { createOutbox } from '../../outbox/outbox.ts';
import { createProgramStore, publishedElsewhere } from '../../programs/program-store.ts';
import { createRedemptionCodes } from '../../redemptions/codes.ts';
import { CommandQueue } from '../command-queue.ts';
import { runnerOn } from '../commands/named-commands.ts';
import { KeptMembers } from '../unit/kept-members.ts';
import {
  type Answer,
  type Call,
  type Changed,
  crossedError,
  type FromLedger,
  type ThreadData,
  type ToLedger,
} from './messages.ts';

/** The thread in which the ledger of the embedded store decides and writes, on a connection of its own. */
const port = parentPort;
if (!port) throw new Error('ledger thread: runs as a worker only');
const { store, secret } = workerData as ThreadData;
const clock = Date.now;
const database = openShared(store);
const vault = createVault(secret);
const programs = createProgramStore({ database, clock });
const outbox = createOutbox();

let changed: Changed[] = [];
let groups: number[] = [];
let answers: Answer[] = [];

const queue = new CommandQueue({
  database,
  // What is committed is what a transaction of the only writer sees, and can be kept without another look.
  programs: { versions: (_, programId) => programs.versions(database, programId) },
  clock,
  outbox,
  codes: createRedemptionCodes(vault),
  onChanged: (...change) => changed.push(change),
  onGroup: (size) => groups.push(size),
  keptMembers: new KeptMembers(),
  isBesideCallers: true,
});
const runner = runnerOn(queue, { eraseRecords: createEraser(vault) });

/** A group's answers are all there before the first one's turn to be sent comes. */
function answer(next: Answer): void {
  if (answers.push(next) === 1) queueMicrotask(send);
}

function send(): void {
  port?.postMessage({ changed, groups, answers } satisfies FromLedger);
  changed = [];
  groups = [];
  answers = [];
}

function run([id, programId, name, args]: Call): void {
  const refuse = (error: unknown) => answer([id, null, crossedError(error)]);
  try {
    runner.run(programId, name, ...(args as never)).then((outcome) => answer([id, outcome]), refuse);
  } catch (error) {
    // What can be refused by its arguments alone.
    refuse(error);
  }
}

async function close(): Promise<void> {
  await database.close();
  port?.close();
}

port.on('message', (message: ToLedger) => {
  if (message === 'published') publishedElsewhere(database);
  else if (message === 'committed') database.written?.();
  else if (message === 'close') void close();
  else if ('listenersOf' in message) outbox.forget(message.listenersOf);
  else {
    for (const call of message) run(call);
  }
});
