import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { tokensCss } from '../../../shared/look/build-tokens.ts';
import { icons } from '../../../shared/look/icons.ts';
import { sprig } from '../../../shared/look/sprig.ts';
import { colors, space } from '../../../shared/look/tokens.ts';

/** Relative luminance (WCAG 2.2). */
function luminanceOf(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5]
    .map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrastOf(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminanceOf(one), luminanceOf(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

test('tokens.css says what tokens.ts says; node shared/look/build-tokens.ts writes it', () => {
  expect(readFileSync(join(import.meta.dirname, '../../../shared/look/tokens.css'), 'utf8')).toBe(tokensCss());
});

describe.each([
  ['light', 0],
  ['dark', 1],
] as const)('%s', (_, side) => {
  test.each([
    ['text', 'canvas', 7],
    ['text', 'surface', 7],
    ['text', 'sunken', 7],
    ['muted', 'canvas', 4.5],
    ['muted', 'surface', 4.5],
    ['muted', 'sunken', 4.5],
    ['accent', 'canvas', 4.5],
    ['accent', 'surface', 4.5],
    ['accent', 'accent-soft', 4.5],
    ['on-accent', 'accent', 4.5],
    ['on-accent', 'accent-strong', 4.5],
    ['notice', 'surface', 4.5],
    ['notice', 'notice-soft', 4.5],
    ['danger', 'surface', 4.5],
    ['danger', 'danger-soft', 4.5],
    ['edge', 'canvas', 3],
    ['edge', 'surface', 3],
  ] as const)('%s on %s has %d:1', (front, back, least) => {
    expect(contrastOf(colors[front][side], colors[back][side])).toBeGreaterThanOrEqual(least);
  });
});

test('distances lie on the 4 px grid', () => {
  for (const [step, size] of Object.entries(space)) expect(size).toBe(`${Number(step) * 4}px`);
});

test.each([...Object.entries(icons), ['sprig', sprig]])('%s is one path that starts where it says', (_, path) => {
  expect(path).toMatch(/^M[\d.]/);
  expect(path).not.toMatch(/[^MmLlHhVvCcSsQqTtAaZz\d\s.,-]/);
});
