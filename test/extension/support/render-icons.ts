import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { chromium } from 'playwright-core';
import { ICON_SIZES } from '../../../extension/manifest.ts';
import { chromiumPath } from '../../support/browsers.ts';

/**
 * Draws the extension's icons: `node test/extension/support/render-icons.ts`, whose PNG files are kept in `extension/icons`. The small
 * sizes have fewer, larger leaves, so that each still is a leaf on the pixel grid of a toolbar.
 */
const COLORS = { color: '#2a6048', gray: '#83867c' } as const;

/** A leaf's foot on the stem, its direction in degrees, and its length, on a 32 × 32 grid. */
type Leaf = readonly [x: number, y: number, angle: number, length: number];

const SPRIG = {
  large: {
    stem: 'M8.6 26.2C13 23.4 18.6 17.4 21.4 9.6',
    width: 1.5,
    leaves: [
      [12.2, 23.2, -128, 8.4],
      [12.6, 22.9, 12, 8.6],
      [15.6, 19.6, -122, 8.4],
      [16, 19.2, 6, 8.4],
      [18.7, 15.2, -116, 7.6],
      [19, 14.7, -2, 7.4],
      [21.2, 10.2, -66, 7.2],
    ],
  },
  small: {
    stem: 'M8.4 26.4C13 23.2 18.4 17.6 21 11',
    width: 2.4,
    leaves: [
      [13.4, 22.2, -126, 11],
      [13.8, 21.8, 8, 11.4],
      [17.8, 16.8, -118, 9.6],
      [18.2, 16.4, 2, 9.6],
      [20.6, 11.6, -66, 8.8],
    ],
  },
} as const satisfies Record<string, { stem: string; width: number; leaves: readonly Leaf[] }>;

function leafPath([x, y, angle, length]: Leaf): string {
  const half = length * 0.3;
  return `<path transform="translate(${x} ${y}) rotate(${angle})" d="M0 0C${length * 0.2} ${-half} ${length * 0.62} ${-half} ${length} 0C${length * 0.62} ${half} ${length * 0.2} ${half} 0 0Z"/>`;
}

function svg(size: number, color: string): string {
  const { stem, width, leaves } = size <= 16 ? SPRIG.small : SPRIG.large;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 32 32"><rect x="0.5" y="0.5" width="31" height="31" rx="7.5" fill="${color}"/><g transform="translate(-.6 .2)" fill="#fff"><path d="${stem}" fill="none" stroke="#fff" stroke-width="${width}" stroke-linecap="round"/>${leaves.map(leafPath).join('')}</g></svg>`;
}

const browser = await chromium.launch({ executablePath: chromiumPath as string, args: ['--no-sandbox'] });
const page = await browser.newPage();
for (const [variant, color] of Object.entries(COLORS)) {
  for (const size of ICON_SIZES) {
    await page.setViewportSize({ width: size, height: size });
    await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg(size, color)}`);
    const png = await page.screenshot({ omitBackground: true });
    await writeFile(resolve(import.meta.dirname, '../../../extension/icons', `${variant}-${size}.png`), png);
  }
}
await browser.close();
