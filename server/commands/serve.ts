import { parseArgs } from 'node:util';
import { storeName } from '../services.ts';
import { readSettings } from '../settings.ts';
import { startServer } from '../start.ts';
import type { Command } from './command.ts';

export const serveCommand: Command = {
  usage: 'serve',
  summary: 'run the server until it is told to stop',
  async run(args, { environment, out }) {
    parseArgs({ args: [...args], options: {} });
    const settings = readSettings(environment);
    const server = await startServer(settings);
    out(`Laurel listens on ${server.url}, known as ${server.issuer}`);
    out(`Store: ${storeName(settings.databaseUrl)}, every acknowledged write is on disk`);
    const failure = await Promise.race([stopSignal(), server.failed]);
    out(failure ? `Stopping: ${failure.message}` : 'Stopping: requests under way are finished first');
    await server.close();
    return failure ? 1 : 0;
  },
};

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}
