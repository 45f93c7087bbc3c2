import { extensionFolders } from './build.ts';
import { PortTakenError } from './listen.ts';
import type { Demo, DemoOptions } from './start.ts';

/** `npm start`: runs the demo until Ctrl-C. */
export async function run(startDemo: (options: DemoOptions) => Promise<Demo>): Promise<void> {
  try {
    const demo = await startDemo({ say: (line) => console.log(line) });
    console.log(summary(demo));
    const stop = async () => {
      console.log('\nStopping …');
      await demo.stop();
      process.exit(0);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void stop());
  } catch (error) {
    if (!(error instanceof PortTakenError)) throw error;
    console.error(`Port ${error.port} is taken, perhaps by a demo that still runs. Stop that program and start again.`);
    process.exit(1);
  }
}

function summary({ startOrigin, laurel, shops }: Demo): string {
  return `
  Laurel is running. Begin here:  ${startOrigin}

    Crema   coffee, in English      ${shops.crema.origin}
    墨斋    books, in Chinese       ${shops.mozhai.origin}
    قمم     outdoor gear, in Arabic ${shops.qimam.origin}
    Laurel  server and ledger       ${laurel.origin}

  The wallet, built and ready to load:

    Chromium  1. open chrome://extensions and switch on "Developer mode"
              2. "Load unpacked": ${extensionFolders.chromium}
    Firefox   1. open about:debugging#/runtime/this-firefox
              2. "Load Temporary Add-on": ${extensionFolders.firefox}/manifest.json

  Ctrl-C stops everything. What you do is kept for the next start.
`;
}
