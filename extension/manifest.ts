/** The extension's manifest for both browsers, from one source. What it may do is a promise to the shopper: a test holds it. */

export type Target = 'chrome' | 'firefox';

/** Id of the extension in Firefox. Public: changing it makes another extension of it. */
export const GECKO_ID = 'wallet@laurel-loyalty.github.io';

/** Public key that fixes the extension's id in Chromium; the private half was never kept, a store signs with its own. */
const CHROME_KEY =
  'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAm35vwTRew6hiu9CO17tJwCN0hIRVwx+Tk+2tfwTJqsIhW0O3qNaGRhI5PblPPbFyQaY2Ox6DhqpsTX+HcdewUn1CaZqBBuMNlLpq7V+T3hcjXq3UfiW/8hYF9sTrdEbq8PXv0EUmwNrUqISIoqP+9umDrOeeueLAJofK0S29xovtsFDkLqekvvc5Mj2tqKD3+r2y6alyzNrS4ghSZw7y8vG0i5D1ilN8OQZ6cDdyK5crPxLd8BhBC2SuWQHCyjuiFU3xuCta7CkL6lVVSvFOTx5i1TWhJ9oM6PdCXIOBR9GwaJdTX8mWjnd5mITLwKhC0APuv5dhW4whmcQU10LndQIDAQAB';

/** One classic script, registered at run time for the shops that the shopper chose: it is in no manifest. */
export const CONTENT_SCRIPT = 'content-script.js';

export const ICON_SIZES = [16, 32, 48, 128] as const;

/** Paths of the action's icon: `color` on partner pages, `gray` elsewhere. */
export function iconPaths(variant: 'color' | 'gray'): Record<string, string> {
  return Object.fromEntries(ICON_SIZES.map((size) => [size, `extension/icons/${variant}-${size}.png`]));
}

/**
 * Extension pages load nothing but their own files, and talk to https servers only; plain http is for a server on this
 * machine. `style-src` allows no inline style: Lit adopts constructed sheets.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self' https: http://localhost:* http://*.localhost:*",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

/** The manifest that the build of `target` starts from. */
export function manifest(target: Target, version: string) {
  const worker = 'extension/service-worker/main.ts';
  return {
    manifest_version: 3,
    name: 'Laurel Wallet',
    short_name: 'Laurel',
    version,
    description: 'Your points at every partner shop, checked and kept on your device.',
    icons: iconPaths('color'),
    action: {
      default_title: 'Laurel Wallet',
      default_icon: iconPaths('gray'),
      default_popup: 'extension/popup/index.html',
    },
    permissions: [
      'storage',
      'alarms',
      'scripting',
      'activeTab',
      ...(target === 'chrome' ? ['declarativeContent'] : []),
    ],
    optional_host_permissions: ['https://*/*', 'http://localhost/*', 'http://*.localhost/*'],
    incognito: 'not_allowed',
    content_security_policy: { extension_pages: CONTENT_SECURITY_POLICY },
    ...(target === 'chrome'
      ? {
          key: CHROME_KEY,
          // Ed25519 in WebCrypto.
          minimum_chrome_version: '137',
          background: { service_worker: worker, type: 'module' },
        }
      : {
          background: { scripts: [worker], type: 'module' },
          browser_specific_settings: {
            gecko: {
              id: GECKO_ID,
              strict_min_version: '142.0',
              data_collection_permissions: { required: ['none'] },
            },
          },
        }),
  };
}
