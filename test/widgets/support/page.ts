import { FakeApi, PROGRAM, SERVER } from './fake-api.ts';

/** What a page of a shop is made of, in these tests. */
export interface PageParts {
  readonly body: string;
  /** Before anything of ours: policies, scripts that change natives, styles. */
  readonly head?: string;
  /** Attributes of the script tag beside the program and the server. */
  readonly script?: string;
  readonly lang?: string;
  readonly dir?: string;
  readonly api?: FakeApi;
  /** What stands where the script tag of `laurel.js` would. */
  readonly scriptTag?: string;
  readonly width?: number;
  /** Called when the page is parsed and nothing of ours has run. */
  readonly onParsed?: (view: Window & typeof globalThis) => void;
}

/** A shop's page in a frame of its own, with `laurel.js` from source and the API in memory. */
export interface ShopPage {
  readonly api: FakeApi;
  readonly frame: HTMLIFrameElement;
  readonly window: Window &
    typeof globalThis & { laurel: { identify(jwt: string | null): Promise<void>; refresh(): Promise<void> } };
  readonly document: Document;
  /** Errors that reached the page, and policies that were broken. */
  readonly errors: string[];
  close(): void;
}

declare global {
  interface Window {
    laurelTestApis?: Map<string, FakeApi>;
    laurelTestErrors?: string[];
    laurelTestParsed?: Map<string, (view: Window & typeof globalThis) => void>;
  }
}

const PRELUDE = `
  window.laurelTestErrors = [];
  addEventListener('error', (e) => laurelTestErrors.push('error: ' + e.message));
  addEventListener('unhandledrejection', (e) => laurelTestErrors.push('rejection: ' + e.reason));
  document.addEventListener('securitypolicyviolation', (e) => laurelTestErrors.push('policy: ' + e.effectiveDirective + ' ' + e.blockedURI + ' ' + e.sample));
`;

export const scriptTag = (attributes = 'data-member="/loyalty-token"'): string =>
  `<script type="module" src="/widgets/loader/laurel.ts" data-program="${PROGRAM}" data-server="${SERVER}" ${attributes}></script>`;

let count = 0;

/** Opens a page and waits until it is parsed; modules may still be on their way. */
export async function openPage(parts: PageParts): Promise<ShopPage> {
  const api = parts.api ?? new FakeApi();
  const id = `api-${++count}`;
  (window.laurelTestApis ??= new Map()).set(id, api);
  (window.laurelTestParsed ??= new Map()).set(id, parts.onParsed ?? (() => {}));
  const frame = document.createElement('iframe');
  frame.style.cssText = `inline-size:${parts.width ?? 800}px;block-size:600px;border:0`;
  frame.srcdoc = `<!doctype html><html lang="${parts.lang ?? 'en'}" dir="${parts.dir ?? 'ltr'}"><head><title>Shop</title>
    <script>${PRELUDE}
      { const api = parent.laurelTestApis.get('${id}'); window.fetch = (...call) => api.fetch(...call); }
    </script>${parts.head ?? ''}
    ${parts.scriptTag ?? scriptTag(parts.script)}</head><body><main>${parts.body}</main>
    <script>parent.laurelTestParsed.get('${id}')(window)</script></body></html>`;
  const loaded = new Promise((resolve) => {
    frame.addEventListener('load', resolve, { once: true });
  });
  document.body.append(frame);
  frame.scrollIntoView();
  await loaded;
  const view = frame.contentWindow as ShopPage['window'];
  return {
    api,
    frame,
    window: view,
    document: view.document,
    get errors() {
      return view.laurelTestErrors ?? [];
    },
    close() {
      frame.remove();
      window.laurelTestApis?.delete(id);
    },
  };
}

const WAIT_MS_MAX = 8_000;

/** Waits until `condition` holds, and gives what it gave; fails with `what` when it never does. */
export async function until<T>(what: string, condition: () => T | null | undefined | false): Promise<T> {
  const end = performance.now() + WAIT_MS_MAX;
  for (;;) {
    const value = condition();
    if (value) return value;
    if (performance.now() > end) throw new Error(`never: ${what}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 15);
    });
  }
}

/** What a member sees of an element: the text of its parts that are shown, or of its slot. */
export function shownText(element: Element | null): string {
  const view = element?.shadowRoot?.querySelector<HTMLElement>('.view');
  return ((view ?? element)?.textContent ?? '')
    .replace(/[\u2066-\u2069]/g, '')
    .replace(/\s+/g, ' ')
    .trim();
}
