import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { Script } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * What the extension may do, as it is built. A line of these manifests changes only together with a line of this test,
 * and is a change of what every shopper was promised.
 */
const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'laurel-manifest-'));
const run = promisify(execFile);
const built = (target: string) => join(folder, target);
const read = (target: string, file: string) => readFileSync(join(built(target), file), 'utf8');

async function build(target: string, outDir: string): Promise<void> {
  const args = ['build', '--mode', `extension-${target}`, '--logLevel', 'warn', '--outDir', outDir];
  // The test runner's own NODE_ENV would choose the development build of Lit.
  const env = { ...process.env, NODE_ENV: 'production' };
  await run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), ...args], { cwd: root, env });
}

beforeAll(async () => {
  for (const target of ['chrome', 'firefox']) {
    await build(target, built(target));
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const icons = (variant: string) =>
  Object.fromEntries([16, 32, 48, 128].map((size) => [size, `extension/icons/${variant}-${size}.png`]));

const common = {
  manifest_version: 3,
  name: 'Laurel Wallet',
  short_name: 'Laurel',
  version: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string,
  description: 'Your points at every partner shop, checked and kept on your device.',
  icons: icons('color'),
  action: {
    default_title: 'Laurel Wallet',
    default_icon: icons('gray'),
    default_popup: 'extension/popup/index.html',
  },
  optional_host_permissions: ['https://*/*', 'http://localhost/*', 'http://*.localhost/*'],
  incognito: 'not_allowed',
  content_security_policy: {
    extension_pages:
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' https: http://localhost:* http://*.localhost:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types lit-html",
  },
};

describe('the built manifest', () => {
  test('is exactly this for Chromium', () => {
    const { key, ...manifest } = JSON.parse(read('chrome', 'manifest.json'));
    expect(manifest).toEqual({
      ...common,
      permissions: ['storage', 'alarms', 'scripting', 'activeTab', 'declarativeContent'],
      minimum_chrome_version: '137',
      background: { service_worker: 'service-worker-loader.js', type: 'module' },
    });
    // Another key is another extension: installed wallets would lose their shops.
    expect(key).toMatch(/^MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAm35vwTRew6hiu9CO17tJ/);
  });

  test('is exactly this for Firefox', () => {
    expect(JSON.parse(read('firefox', 'manifest.json'))).toEqual({
      ...common,
      permissions: ['storage', 'alarms', 'scripting', 'activeTab'],
      background: { scripts: ['service-worker-loader.js'], type: 'module' },
      browser_specific_settings: {
        gecko: {
          id: 'wallet@laurel-loyalty.github.io',
          strict_min_version: '142.0',
          data_collection_permissions: { required: ['none'] },
        },
      },
    });
  });
});

describe.each(['chrome', 'firefox'])('the %s build', (target) => {
  test('has one classic content script of at most 3 kB, with no module loader in it', () => {
    const script = read(target, 'content-script.js');
    expect(Buffer.byteLength(script)).toBeLessThanOrEqual(3_000);
    expect(script).not.toMatch(/\bimport\b|\bexport\b/);
    // Parsed as a classic script, in which `import` and `export` are syntax errors.
    expect(() => new Script(script)).not.toThrow();
  });

  test('holds no remote code, no eval, and no address but those of the local machine', () => {
    for (const file of filesIn(built(target)).filter((name) => name.endsWith('.js'))) {
      const code = readFileSync(file, 'utf8');
      expect(code, file).not.toMatch(/\beval\(|new Function\(|importScripts\(/);
      const addresses = code.match(/https?:\/\/[\w.-]+/g) ?? [];
      expect(
        addresses.filter((address) => !address.startsWith('http://www.w3.org')),
        file,
      ).toEqual([]);
    }
  });

  test('is the same at each build', async () => {
    const again = `${built(target)}-again`;
    await build(target, again);
    const first = filesIn(built(target)).map((file) => file.slice(built(target).length));
    expect(filesIn(again).map((file) => file.slice(again.length))).toEqual(first);
    for (const file of first) {
      expect(readFileSync(join(again, file)).equals(readFileSync(join(built(target), file))), file).toBe(true);
    }
  });
});

test('Mozilla’s linter finds no error, and no warning but the one about Lit’s own use of innerHTML', async () => {
  const linter = join(root, 'node_modules/addons-linter/bin/addons-linter');
  const { stdout } = await run(process.execPath, [linter, '--output', 'json', built('firefox')], { cwd: folder });
  const { errors, warnings } = JSON.parse(stdout) as { errors: unknown[]; warnings: { code: string }[] };
  expect(errors).toEqual([]);
  expect(warnings.map(({ code }) => code)).toEqual(['UNSAFE_VAR_ASSIGNMENT']);
}, 60_000);

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
