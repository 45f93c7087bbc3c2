import type { Browser, DeclarativeContent } from '../browser.ts';
import { iconPaths } from '../manifest.ts';

/**
 * Signs of a partner page: the link that names its program, and the elements. `declarativeContent` sees only what is
 * displayed, so a link within `<head>` is invisible to it (measured in Chromium 156); the elements stand in then.
 */
const PARTNER_SIGNS = [
  'link[rel="loyalty-program"]',
  'laurel-points-badge',
  'laurel-tier-progress',
  'laurel-survey',
] as const;

/** Lets the browser itself color the icon on partner pages: no page is read, and the worker is not even woken. */
export async function colorPartnerPages(
  browser: Pick<Browser, 'runtime'>,
  declarativeContent: DeclarativeContent,
): Promise<void> {
  const imageData = await iconPixels(browser, ['16', '32']);
  await new Promise<void>((resolve) => declarativeContent.onPageChanged.removeRules(undefined, resolve));
  const conditions = PARTNER_SIGNS.map((css) => new declarativeContent.PageStateMatcher({ css: [css] }));
  const actions = [new declarativeContent.SetIcon({ imageData } as never)];
  await new Promise<void>((resolve) =>
    declarativeContent.onPageChanged.addRules([{ id: 'partner-page', conditions, actions }], () => resolve()),
  );
}

/** Colors the icon of one tab until it shows another page: for browsers without `declarativeContent`. */
export async function colorTab(browser: Pick<Browser, 'action'>, tabId: number): Promise<void> {
  // The tab may be closed by now.
  await browser.action.setIcon({ tabId, path: absolute(iconPaths('color')) }).catch(() => undefined);
}

const absolute = (paths: Record<string, string>) =>
  Object.fromEntries(Object.entries(paths).map(([size, path]) => [size, `/${path}`]));

async function iconPixels(
  browser: Pick<Browser, 'runtime'>,
  sizes: readonly string[],
): Promise<Record<string, ImageData>> {
  const paths = iconPaths('color');
  const pixels = sizes.map(async (size) => {
    const response = await fetch(browser.runtime.getURL(paths[size] as string));
    const bitmap = await createImageBitmap(await response.blob());
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext(
      '2d',
    ) as OffscreenCanvasRenderingContext2D;
    context.drawImage(bitmap, 0, 0);
    return [size, context.getImageData(0, 0, bitmap.width, bitmap.height)] as const;
  });
  return Object.fromEntries(await Promise.all(pixels));
}
