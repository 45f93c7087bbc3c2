/**
 * The browser's extension API. Both browsers answer with promises, so no polyfill is needed: Firefox calls it `browser`,
 * Chromium `chrome`. The rest of the extension gets what it uses handed in, so that tests can hand in another.
 */
export const browser: typeof chrome = (globalThis as { browser?: typeof chrome }).browser ?? chrome;
