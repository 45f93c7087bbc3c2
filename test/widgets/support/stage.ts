/** How a shop's page may look around an element. */
export interface Look {
  readonly lang: string;
  readonly dir: 'ltr' | 'rtl';
  readonly scheme: 'light' | 'dark';
  readonly width: number;
}

/** Every look that elements are tried in. */
export const looks: readonly Look[] = (['en', 'zh-Hans', 'ar'] as const).flatMap((lang) =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    [320, 640].map((width) => ({ lang, dir: lang === 'ar' ? 'rtl' : 'ltr', scheme, width }) as const),
  ),
);

/** Puts `html` on a stage that looks like a shop's page, and gives its first element. */
export function stage(html: string, look: Partial<Look> = {}): HTMLElement {
  const { lang = 'en', dir = 'ltr', scheme = 'light', width = 640 } = look;
  clearStage();
  const main = document.createElement('main');
  main.lang = lang;
  main.dir = dir;
  main.style.cssText = `color-scheme:${scheme};background:${scheme === 'dark' ? '#1a1a1c' : '#fff'};color:${scheme === 'dark' ? '#eee' : '#222'};inline-size:${width}px;font:16px/1.5 sans-serif;box-sizing:border-box;padding:8px`;
  main.innerHTML = html;
  document.documentElement.lang = lang;
  document.body.append(main);
  return main.firstElementChild as HTMLElement;
}

export function clearStage(): void {
  document.querySelector('main')?.remove();
}

/** The part of an element by its public name. */
export const part = (element: Element, name: string): HTMLElement | null =>
  element.shadowRoot?.querySelector<HTMLElement>(`[part~="${name}"]`) ?? null;
