import { DatabaseSync } from 'node:sqlite';
import { parentPort, workerData } from 'node:worker_threads';

/** The thread that carries the log over into the database, on a connection of its own, each time that it is asked. */
const port = parentPort;
if (!port) throw new Error('checkpoint-thread: runs as a worker only');
const { path } = workerData as { readonly path: string };
const connection = new DatabaseSync(path, { timeout: 0 });
connection.exec('PRAGMA synchronous=FULL; PRAGMA checkpoint_fullfsync=ON');
const checkpoint = connection.prepare('PRAGMA wal_checkpoint(PASSIVE)');

port.on('message', () => {
  // Commits go on meanwhile: the second pass takes what came during the first, and leaves little for the writer.
  checkpoint.get();
  port.postMessage((checkpoint.get() as { readonly log: number }).log);
});
