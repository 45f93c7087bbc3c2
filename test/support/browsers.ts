import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * Where the real browsers of the tests are, and how they are to be started: by `CHROMIUM` and `FIREFOX`, else the first
 * of the usual names on PATH.
 */

const CHROMIUM_NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'];
const FIREFOX_NAMES = ['firefox-esr', 'firefox'];

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The whole path of the first of `names` that can be run, or null. A variable that names no program is a mistake to tell. */
export function findProgram(variable: string, names: readonly string[], env = process.env): string | null {
  const named = env[variable];
  if (named) {
    if (!isExecutable(named)) throw new Error(`${variable} is ${named}, which is not a program that can be run`);
    return named;
  }
  const folders = (env['PATH'] ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    const path = folders.map((folder) => join(folder, name)).find(isExecutable);
    if (path) return path;
  }
  return null;
}

/** Chromium's path, or null where there is none. */
export const findChromium = (): string | null => findProgram('CHROMIUM', CHROMIUM_NAMES);

/** Firefox's path, or null where there is none. */
export const findFirefox = (): string | null => findProgram('FIREFOX', FIREFOX_NAMES);

/** As {@link findChromium}, read once at import. */
export const chromiumPath = findChromium();

/** As {@link findFirefox}, read once at import. */
export const firefoxPath = findFirefox();

/** Root cannot have Chromium's sandbox; the rest keeps the browser from talking to anybody but the tests. */
export const chromiumFlags: readonly string[] = [
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
