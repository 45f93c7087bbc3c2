import { MEMBER_META, PROGRAM_LINK_REL } from '../../shared/protocol/names.ts';
import { CONNECT_EVENT } from '../internal/connect-event.ts';
import { type OwnedSession, openSession } from '../session/page-session.ts';
import type { PageSession } from '../session/session.ts';
import { askForWallet, isAnnouncement } from './wallet-door.ts';

/**
 * The script a shop puts into its pages. It opens the page session, finds the elements, now and later, and loads each
 * one's module when it comes near the viewport. It never throws, and on a page without elements asks nothing.
 */

const modules: Record<string, (() => Promise<unknown>) | null> = {
  'laurel-points-badge': () => import('../points-badge/define.ts'),
  'laurel-tier-progress': () => import('../tier-progress/define.ts'),
  'laurel-survey': () => import('../survey/define.ts'),
};

/** An element comes within this distance of the viewport before its module is loaded. */
const NEAR = '400px';

/** `work` that keeps its errors to itself: a page that we cannot work on keeps its own content. */
const safely =
  <T extends unknown[]>(work: (...values: T) => void) =>
  (...values: T): void => {
    try {
      work(...values);
    } catch {
      // The slots stand.
    }
  };

function start(script: HTMLScriptElement): void {
  const { program, member, server } = script.dataset as { program: string; member?: string; server?: string };
  const address = server ?? import.meta.url.replace(/\/[^/]*$/, '');
  const memberUrl = member ? new URL(member, document.baseURI) : null;
  const session = openSession({
    server: address,
    program,
    // Whoever answers there decides who is signed in: only the shop itself may.
    memberUrl: memberUrl?.origin === origin ? memberUrl.href : null,
    jwt: document.querySelector<HTMLMetaElement>(`meta[name=${MEMBER_META}]`)?.content || null,
  });
  const { identify, refresh } = session;
  if (!Object.hasOwn(window, 'laurel'))
    Object.defineProperty(window, 'laurel', { __proto__: null, value: { identify, refresh } } as PropertyDescriptor);

  document.head.append(
    Object.assign(document.createElement('link'), { rel: PROGRAM_LINK_REL, href: `${address}/v1/programs/${program}` }),
  );

  findElements(session);

  // From another tab, by the browser's cache, or from a dead spot.
  for (const type of ['focus', 'online', 'visibilitychange']) addEventListener(type, session.lookAgain);

  const ask = safely(() => askForWallet(session));
  addEventListener('message', (event: MessageEvent<{ type?: unknown } | null>) => isAnnouncement(event.data) && ask());
  ask();
}

function findElements(session: OwnedSession): void {
  const selector = Object.keys(modules).join();
  let hasStarted = false;

  const connect = (element: Element & { session?: PageSession | null }): void => {
    if (!hasStarted) void session.refresh();
    hasStarted = true;
    if ('session' in element) element.session ??= session;
    else near.observe(element);
  };
  const near = new IntersectionObserver(
    safely((entries: IntersectionObserverEntry[]) => {
      for (const { isIntersecting, target } of entries) {
        const load = isIntersecting && modules[target.localName];
        if (!load) continue;
        modules[target.localName] = null;
        // What all elements share is asked for in the same moment, not after the element's own part has come.
        Promise.all([import('../internal/element.ts'), load()]).catch(() => {});
      }
    }),
    { rootMargin: NEAR },
  );
  const scan = safely(() => document.querySelectorAll(selector).forEach(connect));

  // An element tells by itself when it is connected, also from inside a shadow root of the shop's.
  document.addEventListener(
    CONNECT_EVENT,
    safely((event) => connect(event.composedPath()[0] as Element)),
  );
  new MutationObserver(scan).observe(document, { childList: true, subtree: true });
  scan();
}

safely(() => {
  const script = document.querySelector<HTMLScriptElement>('script[data-program]');
  // Twice on a page is once.
  if (script && !window.laurel?.identify) start(script);
})();

declare global {
  interface Window {
    laurel?: Pick<OwnedSession, 'identify' | 'refresh'>;
  }
}
