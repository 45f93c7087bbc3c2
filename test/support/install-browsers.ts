import { spawnSync } from 'node:child_process';
import { findChromium, findFirefox, findProgram } from './browsers.ts';

/**
 * Installs the browsers of the tests where they are missing and where it can: Debian's packages, as root or with a sudo
 * that asks for no password. Anywhere else one message says what to do. Ends at once where both are there.
 */

/** Chinese and Arabic pages need glyphs: without them screenshots show boxes, and widths are those of boxes. */
const FONT_PACKAGES = ['fonts-noto-cjk', 'fonts-noto-core'];

/** How to become root without a person: nothing to add for root, sudo where it asks nothing, null where there is no way. */
function rootPrefix(): readonly string[] | null {
  if (process.getuid?.() === 0) return [];
  if (findProgram('SUDO', ['sudo']) === null) return null;
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n'] : null;
}

function run(command: readonly string[]): boolean {
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  return status === 0;
}

/** The first package of each list that this distribution has: Ubuntu's `firefox` wants snap, Debian's is `firefox-esr`. */
function availablePackages(wanted: readonly (readonly string[])[]): string[] {
  return wanted.flatMap((names) => {
    const found = names.find((name) => {
      const { stdout } = spawnSync('apt-cache', ['policy', name], { encoding: 'utf8' });
      return /Candidate: (?!\(none\))/.test(stdout ?? '');
    });
    return found ? [found] : [];
  });
}

function install(missing: readonly (readonly string[])[]): boolean {
  const prefix = rootPrefix();
  if (prefix === null || findProgram('APT_GET', ['apt-get']) === null) return false;
  const apt = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q'];
  if (!run([...apt, 'update'])) return false;
  const packages = availablePackages([...missing, ...FONT_PACKAGES.map((name) => [name])]);
  return run([...apt, 'install', '-y', '--no-install-recommends', ...packages]);
}

function missingBrowsers(): { name: string; packages: readonly string[] }[] {
  return [
    ...(findChromium() ? [] : [{ name: 'Chromium', packages: ['chromium', 'chromium-browser'] }]),
    ...(findFirefox() ? [] : [{ name: 'Firefox', packages: ['firefox-esr', 'firefox'] }]),
  ];
}

/** True when both browsers are there in the end. */
export function installBrowsers(): boolean {
  const missing = missingBrowsers();
  if (missing.length === 0) return true;
  console.log(`Installing ${missing.map(({ name }) => name).join(' and ')} for the tests`);
  install(missing.map(({ packages }) => packages));
  const still = missingBrowsers().map(({ name }) => name);
  if (still.length === 0) return true;
  console.error(
    `The tests need ${still.join(' and ')}, and could not install ${still.length > 1 ? 'them' : 'it'} here.\n` +
      'Install Chromium (or Chrome) 137 or newer and Firefox 140 or newer, and where they are not on the PATH\n' +
      'say where they are: CHROMIUM=/path/to/chromium FIREFOX=/path/to/firefox npm test\n' +
      'On Debian: apt-get install chromium firefox-esr fonts-noto-cjk fonts-noto-core',
  );
  return false;
}

if (import.meta.main && !installBrowsers()) process.exitCode = 1;
