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
  const address = server ?? new URL(import.meta.url).origin;
  const memberUrl = member && new URL(member, document.baseURI);
  const session = openSession({
    server: address,
    program,
    // Whoever answers there decides who is signed in: only the shop itself may.
    memberUrl: memberUrl && memberUrl.origin === origin && memberUrl.href,
    jwt: document.querySelector<HTMLMetaElement>(`meta[name=${MEMBER_META}]`)?.content,
  });
  const { identify, refresh } = session;
  // A page's own global of this name stays; an element with this id is none.
  if (!Object.hasOwn(window, 'laurel')) window.laurel = { identify, refresh };

  const link = document.createElement('link');
  link.rel = PROGRAM_LINK_REL;
  link.href = `${address}/v1/programs/${program}`;
  // Wallets are told by the browser of links that are displayed, also of one that has no box; in the head none is.
  link.style.display = 'contents';
  document.documentElement.append(link);

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

  const load = ({ localName }: Element): void => {
    const loadPart = modules[localName];
    modules[localName] = null;
    // What all elements share is asked for in the same moment, not after the element's own part has come.
    if (loadPart) Promise.all([import('../internal/element.ts'), loadPart()]).catch(() => {});
  };
  const near = new IntersectionObserver(
    safely((entries: IntersectionObserverEntry[]) => {
      for (const { isIntersecting, target } of entries) if (isIntersecting) load(target);
    }),
    { rootMargin: NEAR },
  );
  const connect = (element: Element & { session?: PageSession | null }): void => {
    if (!hasStarted) {
      hasStarted = true;
      void session.refresh();
      // The first number and time of a page take the browser long: made while the network keeps us waiting.
      setTimeout(safely(() => [0, new Date()].toLocaleString()));
      // The observer's first answer takes a frame; asking by ourselves costs a layout, so only once.
      const box = element.getClientRects()[0];
      if (box && box.top < innerHeight) load(element);
    }
    if ('session' in element) element.session ??= session;
    else near.observe(element);
  };
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
