/**
 * The one set of design tokens: a deep laurel green on warm neutrals, a 4 px grid, calm motion.
 *
 * Our own pages (wallet, console, demo start page) load `tokens.css`, which is made from this file by
 * `node shared/look/build-tokens.ts` and says the same as custom properties. Elements in a shop's page import single
 * values: there the shop owns font, size and color.
 */

/** A color for light pages and its counterpart for dark ones. */
type Pair = readonly [light: string, dark: string];

/** Contrast is measured in `test/unit/shared/look.test.ts`: text on surfaces at least 4.5:1, boundaries 3:1. */
export const colors = {
  /** The page behind everything. */
  canvas: ['#faf8f4', '#161714'],
  /** Cards and fields on the canvas. */
  surface: ['#ffffff', '#1e201c'],
  /** A quiet fill within a surface. */
  sunken: ['#f2efe8', '#262923'],
  text: ['#1f211d', '#f0eee8'],
  /** Second in rank, still text. */
  muted: ['#5d6058', '#aeb1a6'],
  /** Hairlines that only decorate. */
  line: ['#e4e0d6', '#34372f'],
  /** Boundaries that say where a control is. */
  edge: ['#8a8d82', '#7d8176'],
  accent: ['#2a6048', '#8ccdaa'],
  /** The accent under a pointer. */
  'accent-strong': ['#1e4a37', '#a9debf'],
  /** Text on the accent. */
  'on-accent': ['#ffffff', '#10241a'],
  /** The accent as a quiet fill. */
  'accent-soft': ['#e6f0ea', '#21352b'],
  /** Something is soon over: points that expire, a balance not confirmed. */
  notice: ['#7d5200', '#eec26f'],
  'notice-soft': ['#faf0da', '#3a2f18'],
  /** Something is wrong: a signature, a chain. */
  danger: ['#a3302a', '#f5a59c'],
  'danger-soft': ['#fbeae7', '#432320'],
} as const satisfies Record<string, Pair>;

/** Distances, all multiples of 4 px. */
export const space = {
  1: '4px',
  2: '8px',
  3: '12px',
  4: '16px',
  5: '20px',
  6: '24px',
  8: '32px',
  10: '40px',
  12: '48px',
} as const;

export const radius = { s: '6px', m: '10px', l: '16px', full: '999px' } as const;

/** Sizes by role, with the line height that keeps text on the grid. */
export const type = {
  caption: '12px / 16px',
  label: '13px / 20px',
  body: '15px / 24px',
  lead: '17px / 24px',
  title: '20px / 28px',
  headline: '28px / 36px',
  /** The number that a view is about. */
  figure: '40px / 48px',
} as const;

export const fonts = {
  sans: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans SC", "Noto Sans Arabic", sans-serif',
} as const;

/** Motion happens only where something changed; milliseconds: `quick` for a state, `calm` for a number or a bar. */
export const motionMs = { quick: 150, calm: 250 } as const;

export const ease = 'cubic-bezier(0.2, 0, 0, 1)';
