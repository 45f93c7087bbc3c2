import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');

/** What is built, from what, and the file that tells when. */
const builds = [
  {
    mode: 'widgets',
    result: 'dist/widgets/laurel.js',
    sources: ['widgets', 'shared', 'vite.config.ts', 'package-lock.json'],
  },
  ...['chrome', 'firefox'].map((browser) => ({
    mode: `extension-${browser}`,
    result: `dist/extension-${browser}/manifest.json`,
    sources: ['extension', 'widgets', 'shared', 'vite.config.ts', 'package-lock.json'],
  })),
];

/** Folders of the built extension. */
export const extensionFolders = {
  chromium: resolve(root, 'dist/extension-chrome'),
  firefox: resolve(root, 'dist/extension-firefox'),
};

/**
 * Builds the storefront code and both extensions where they are missing or older than their sources.
 *
 * @param say Told what is being built.
 */
export async function buildWhatIsStale(say: (line: string) => void): Promise<void> {
  for (const { mode, result, sources } of builds) {
    const builtAt = existsSync(resolve(root, result)) ? statSync(resolve(root, result)).mtimeMs : 0;
    if (sources.every((source) => newestIn(resolve(root, source)) <= builtAt)) continue;
    say(`Building ${mode} …`);
    await run(['node_modules/vite/bin/vite.js', 'build', '--mode', mode, '--logLevel', 'warn']);
  }
}

function newestIn(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newestIn(join(path, name))));
}

async function run(args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`node ${args.join(' ')} failed:\n${output}`);
}
