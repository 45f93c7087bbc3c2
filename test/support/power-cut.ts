import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Cutting the power of a writer on the embedded store: what was not synced is gone. */

const SHIM = join(import.meta.dirname, 'power-cut.c');
const NORMAL = join(import.meta.dirname, 'power-cut-normal.ts');

/** Why it cannot be tried here, or null: it takes Linux and a C compiler. */
export const powerCutMissing: string | null = reasonMissing();

function reasonMissing(): string | null {
  if (process.platform !== 'linux') return 'a power cut is tried on Linux only';
  try {
    execFileSync('cc', ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'a power cut is tried with a C compiler (cc), and there is none';
  }
}

/** Compiles what is preloaded; gives its path. */
export function buildShim(folder: string): string {
  const library = join(folder, 'power-cut.so');
  execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library, SHIM, '-ldl', '-lpthread']);
  return library;
}

export interface PowerCut {
  /** The data directory, and what of it is on disk for sure. */
  readonly source: string;
  readonly mirror: string;
  /** How often the log was synced: a file of eight bytes. */
  readonly count: string;
  /** For the process that writes. */
  readonly env: NodeJS.ProcessEnv;
  remove(): void;
}

/**
 * @param state - A data directory to begin with, closed and so all on disk.
 * @param isWeak - Commits with `synchronous=NORMAL`, which a power cut may undo.
 */
export function powerCut(library: string, state: string, isWeak: boolean): PowerCut {
  const folder = mkdtempSync(join(tmpdir(), 'laurel-power-'));
  const [source, mirror, count] = ['source', 'mirror', 'count'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const place of [source, mirror]) cpSync(state, place, { recursive: true });
  return {
    source,
    mirror,
    count,
    env: {
      ...process.env,
      LD_PRELOAD: library,
      POWER_CUT_SOURCE: source,
      POWER_CUT_MIRROR: mirror,
      POWER_CUT_COUNT: count,
      ...(isWeak && { NODE_OPTIONS: `--import=${NORMAL}` }),
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
