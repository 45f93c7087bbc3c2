import polyfill, { type Browser } from 'webextension-polyfill';

export type { Browser };

/**
 * The browser's extension API, with promises in both browsers. The rest of the extension gets what it uses handed in, so
 * that tests can hand in another. The content script does without: it uses one call, and the polyfill is five times its size.
 */
export const browser: Browser = polyfill;

/** Chromium's alone: `undefined` elsewhere. The polyfill knows nothing of it. */
export const declarativeContent: DeclarativeContent | undefined = chrome.declarativeContent;

export type DeclarativeContent = typeof chrome.declarativeContent;
