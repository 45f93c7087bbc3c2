/** Readers drop what changes in the same moment as the region appears, and cut off what is replaced too soon. */
const PAUSE_MS = 200;

let region: HTMLElement | null = null;
const waiting = new Set<string>();

/** Tells screen readers, politely: one region a page, and each text once, however many elements say it. */
export function announce(text: string): void {
  if (!region?.isConnected) {
    region = document.createElement('div');
    region.setAttribute('role', 'status');
    // By the object model, since a policy on styles forbids the attribute.
    Object.assign(region.style, {
      position: 'fixed',
      inlineSize: '1px',
      blockSize: '1px',
      overflow: 'hidden',
      clipPath: 'inset(50%)',
      whiteSpace: 'nowrap',
    });
    // Beside the body, where no framework of the page clears it away and no selector of the page counts it.
    document.documentElement.append(region);
  }
  if (waiting.size === 0) setTimeout(speak, PAUSE_MS);
  waiting.add(text);
}

function speak(): void {
  if (region)
    region.replaceChildren(
      ...[...waiting].map((text) => Object.assign(document.createElement('p'), { textContent: text })),
    );
  waiting.clear();
}
