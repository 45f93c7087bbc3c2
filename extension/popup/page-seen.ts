import type { Browser } from '../browser.ts';
import { parseProgramLink } from '../program-link.ts';
import { isShopOrigin } from '../senders.ts';
import type { PageSeen } from './wallet-view.ts';

/** The tab that the popup is about: the active one, or the one that its address names when it is opened as a page. */
export async function tabOf(browser: Pick<Browser, 'tabs'>, search: string): Promise<number | null> {
  const named = new URLSearchParams(search).get('tab');
  if (named !== null && /^\d+$/.test(named)) return Number(named);
  const [tab] = await browser.tabs.query({ active: true, currentWindow: true });
  return tab?.id ?? null;
}

/**
 * Looks once at the page in a tab: opening the popup on it is the shopper's leave to (`activeTab`). Nothing is sent
 * anywhere; `null` where there is no program, or no leave.
 */
export async function lookAtPage(browser: Pick<Browser, 'scripting'>, tabId: number): Promise<PageSeen | null> {
  try {
    const [result] = await browser.scripting.executeScript({ target: { tabId }, func: readProgramLink });
    const seen = result?.result as ReturnType<typeof readProgramLink> | undefined;
    const address = parseProgramLink(seen?.href);
    return address && seen && isShopOrigin(seen.origin) ? { ...address, tabId, origin: seen.origin } : null;
  } catch {
    return null;
  }
}

/** Runs in the page, in the extension's own world there: it can use nothing from outside itself. */
function readProgramLink(): { readonly origin: string; readonly href: string | null } {
  const link = document.querySelector<HTMLLinkElement>('link[rel~="loyalty-program"]');
  return { origin: window.origin, href: link?.href ?? null };
}
