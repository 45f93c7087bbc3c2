import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { crx, type ManifestV3Export } from '@crxjs/vite-plugin';
import { minifyHTMLLiterals } from 'minify-literals';
import { defineConfig, type Plugin, type UserConfig } from 'vite';
import { manifest, type Target } from './extension/manifest.ts';

/** One file, one build a mode: `widgets`, `extension-chrome`, `extension-firefox`. The server runs unbuilt. */

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8')) as { version: string };

/** Minifies html`` and css`` templates; the bundler leaves the text of templates alone. */
function literals(): Plugin {
  return {
    name: 'literals',
    apply: 'build',
    enforce: 'post',
    transform: {
      filter: { id: { include: /\.ts$/, exclude: /node_modules/ }, code: /\b(?:css|html|svg)`/ },
      async handler(code, id) {
        const result = await minifyHTMLLiterals(code, { fileName: id });
        return result && { code: result.code, map: result.map ?? null };
      },
    },
  };
}

/** What the plugin below reads and writes of the manifest. */
interface BuiltManifest {
  name: string;
  side_panel?: { default_path: string };
  sidebar_action?: { default_panel: string; default_title: string };
}

/** CRXJS knows side_panel, not sidebar_action: it bundles the page under the first, and this gives Firefox the second. */
function geckoManifest(): Plugin & { renderCrxManifest(manifest: BuiltManifest): unknown } {
  return {
    name: 'gecko-manifest',
    enforce: 'post',
    renderCrxManifest(built) {
      if (built.side_panel) {
        built.sidebar_action = { default_panel: built.side_panel.default_path, default_title: built.name };
        delete built.side_panel;
      }
      return built;
    },
  };
}

function extension(target: Target): UserConfig {
  return {
    define: { __BROWSER__: JSON.stringify(target) },
    publicDir: false,
    plugins: [
      literals(),
      crx({
        manifest: manifest(target, version) as ManifestV3Export,
        browser: target,
        // A content script that is one classic file starts at once and needs no web-accessible resource, by whose
        // address any page could tell that the wallet is installed.
        contentScripts: { standaloneFiles: ['extension/content-script/main.ts'] } as never,
      }),
      target === 'firefox' && geckoManifest(),
    ],
    build: {
      outDir: `dist/extension-${target}`,
      emptyOutDir: true,
      target: target === 'chrome' ? 'chrome137' : 'firefox140',
      modulePreload: false,
    },
  };
}

const modes: Record<string, () => UserConfig> = {
  'extension-chrome': () => extension('chrome'),
  'extension-firefox': () => extension('firefox'),
  widgets: () => ({
    publicDir: false,
    plugins: [literals()],
    build: {
      outDir: 'dist/widgets',
      emptyOutDir: true,
      target: 'es2022',
      lib: { entry: { laurel: 'widgets/loader/laurel.ts' }, formats: ['es'] },
      rolldownOptions: {
        output: { minify: true, entryFileNames: '[name].js', chunkFileNames: 'widgets/[name]-[hash].js' },
      },
    },
  }),
};

export default defineConfig(({ mode }) => {
  const config = modes[mode];
  if (!config) throw new Error(`vite: --mode must be one of ${Object.keys(modes).join(', ')}`);
  return config();
});
