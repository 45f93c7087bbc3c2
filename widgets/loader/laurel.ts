import { MEMBER_META, PROGRAM_LINK_REL } from '../../shared/protocol/names.ts';
import { CONNECT_EVENT } from '../internal/connect-event.ts';
import { type OwnedSession, openSession } from '../session/page-session.ts';
import type { PageSession } from '../session/session.ts';
import { openWalletDoor } from './wallet-door.ts';

/**
 * The script a shop puts into its pages. It opens the page session, finds the elements, now and later, and loads each
 * one's module when it comes near the viewport. It never throws, and on a page without elements asks nothing.
 */

const modules: Readonly<Record<string, () => Promise<unknown>>> = {
  'laurel-points-badge': () => import('../points-badge/define.ts'),
  'laurel-tier-progress': () => import('../tier-progress/define.ts'),
  'laurel-survey': () => import('../survey/define.ts'),
};

const selector = Object.keys(modules).join();

/** An element comes within this distance of the viewport before its module is loaded. */
const NEAR = '400px';

/** Focus and visibility come in bursts. `laurel.refresh()` is not held back. */
const REFRESH_PAUSE_MS = 5_000;

function start(script: HTMLScriptElement): void {
  const { program = '', member, server } = script.dataset;
  const address = new URL(server ?? '.', server ? document.baseURI : import.meta.url).href.replace(/\/$/, '');
  const memberUrl = member ? new URL(member, document.baseURI) : null;
  const session = openSession({
    server: address,
    program,
    // Whoever answers there decides who is signed in: only the shop itself may.
    memberUrl: memberUrl?.origin === origin ? memberUrl.href : null,
    jwt: document.querySelector<HTMLMetaElement>(`meta[name=${MEMBER_META}]`)?.content || null,
  });

  Object.defineProperty(window, 'laurel', {
    value: Object.freeze({ identify: session.identify, refresh: session.refresh }),
    configurable: true,
  });
  const link = document.createElement('link');
  link.rel = PROGRAM_LINK_REL;
  link.href = `${address}/v1/programs/${program}`;
  document.head.append(link);

  findElements(session);
  keepFresh(session);
  openWalletDoor(session);
}

function findElements(session: OwnedSession): void {
  const seen = new WeakSet<Element>();
  let hasStarted = false;

  const connect = (element: Element & { session?: PageSession | null }): void => {
    if (!hasStarted) void session.refresh();
    hasStarted = true;
    if (element.matches(':defined')) element.session ??= session;
    else if (!seen.has(element)) near.observe(element);
    seen.add(element);
  };
  const near = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        // The part that all elements share is asked for in the same moment, not after the element's own has come.
        const load = modules[target.localName];
        Promise.all([import('../internal/element.ts'), load?.()]).catch(() => {});
      }
    },
    { rootMargin: NEAR },
  );
  const scan = () => document.querySelectorAll(selector).forEach(connect);

  document.addEventListener(CONNECT_EVENT, (event) => connect(event.composedPath()[0] as Element));
  new MutationObserver(scan).observe(document, { childList: true, subtree: true });
  scan();
}

/** Looks again when the shopper comes back to the page, from another tab or by the browser's cache. */
function keepFresh(session: PageSession): void {
  let last = Date.now();
  const look = () => {
    if (document.hidden || !session.state.account || Date.now() - last < REFRESH_PAUSE_MS) return;
    last = Date.now();
    void session.refresh();
  };
  document.addEventListener('visibilitychange', look);
  for (const type of ['focus', 'pageshow', 'online']) addEventListener(type, look);
}

try {
  const script = document.querySelector<HTMLScriptElement>('script[data-program]');
  if (script && !Object.hasOwn(window, 'laurel')) start(script);
} catch {
  // A page that we cannot work on keeps its own content.
}
