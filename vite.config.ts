import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { crx, type ManifestV3Export } from '@crxjs/vite-plugin';
import { minifyHTMLLiterals } from 'minify-literals';
import { build, defineConfig, type Plugin, type UserConfig } from 'vite';
import { CONTENT_SCRIPT, manifest, type Target } from './extension/manifest.ts';

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

/**
 * Builds a script that no HTML and no manifest names, as one classic file: the wallet registers its content script at run
 * time. So it starts at once and needs no web-accessible resource, by whose address any page could tell that the wallet
 * is installed.
 */
function classicScript(entry: string, fileName: string, target: string): Plugin {
  return {
    name: 'classic-script',
    apply: 'build',
    async generateBundle() {
      const result = await build({
        configFile: false,
        root,
        logLevel: 'warn',
        publicDir: false,
        build: { write: false, target, lib: { entry, formats: ['iife'], name: 'script', fileName: () => fileName } },
      });
      const [{ output }] = [result].flat() as unknown as [{ output: readonly { type: string; code: string }[] }];
      const [chunk, ...others] = output;
      if (!chunk || chunk.type !== 'chunk' || others.length > 0) this.error(`${entry} is not one file`);
      this.emitFile({ type: 'asset', fileName, source: chunk.code });
    },
  };
}

function extension(browser: Target): UserConfig {
  const target = browser === 'chrome' ? 'chrome137' : 'firefox142';
  return {
    publicDir: false,
    plugins: [
      literals(),
      crx({ manifest: manifest(browser, version) as ManifestV3Export, browser }),
      classicScript('extension/content-script/main.ts', CONTENT_SCRIPT, target),
    ],
    build: {
      outDir: `dist/extension-${browser}`,
      emptyOutDir: true,
      target,
      // What a page imports is asked for together with it; both browsers know how to.
      modulePreload: { polyfill: false },
    },
  };
}

/**
 * `laurel.js` is one file and one request: the few constants that it shares with the elements are copied into it, under an
 * id of their own. Were they a chunk, every page would fetch that chunk first.
 */
function standaloneLoader(): Plugin {
  const isLoader = (id: string) => /\/widgets\/(?:loader\/|session\/page-session)|\?loader$/.test(id);
  return {
    name: 'standalone-loader',
    apply: 'build',
    enforce: 'pre',
    async resolveId(source, importer, { kind }) {
      if (!importer || !isLoader(importer) || kind !== 'import-statement') return null;
      const found = await this.resolve(source, importer.replace('?loader', ''), { kind, skipSelf: true });
      return found && { ...found, id: `${found.id}?loader` };
    },
  };
}

const modes: Record<string, () => UserConfig> = {
  'extension-chrome': () => extension('chrome'),
  'extension-firefox': () => extension('firefox'),
  widgets: () => ({
    publicDir: false,
    plugins: [literals(), standaloneLoader()],
    build: {
      outDir: 'dist/widgets',
      emptyOutDir: true,
      target: 'es2022',
      lib: { entry: { laurel: 'widgets/loader/laurel.ts' }, formats: ['es'] },
      rolldownOptions: {
        output: {
          minify: true,
          comments: { annotation: false, jsdoc: false, legal: true },
          entryFileNames: '[name].js',
          chunkFileNames: 'widgets/[name]-[hash:6].js',
          // One chunk for all that elements share, and for the badge, which nearly every page has: one request fewer.
          // The loader asks for it in the same moment as for an element's own.
          codeSplitting: {
            groups: [
              {
                name: 'element',
                test: /node_modules\/@?lit|\/widgets\/(?:internal|points-badge)\/[^?]*$|\/shared\/(?:format|look)\/(?!sprig)[a-z]+\.ts$|\/en\/badge\.ts$/,
              },
            ],
          },
        },
      },
    },
  }),
};

export default defineConfig(({ mode }) => {
  const config = modes[mode];
  if (!config) throw new Error(`vite: --mode must be one of ${Object.keys(modes).join(', ')}`);
  return config();
});
