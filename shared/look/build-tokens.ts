import { writeFileSync } from 'node:fs';
import { colors, ease, fonts, motionMs, radius, space, type } from './tokens.ts';

/** Every token as a custom property on `:root`; the text of `tokens.css`. */
export function tokensCss(): string {
  const lines = [
    ...Object.entries(colors).map(([name, [light, dark]]) => `--${name}: light-dark(${light}, ${dark});`),
    ...Object.entries(space).map(([name, size]) => `--space-${name}: ${size};`),
    ...Object.entries(radius).map(([name, size]) => `--radius-${name}: ${size};`),
    ...Object.entries(type).map(([name, size]) => `--type-${name}: ${size} var(--font-sans);`),
    ...Object.entries(fonts).map(([name, family]) => `--font-${name}:\n    ${family};`),
    ...Object.entries(motionMs).map(([name, ms]) => `--motion-${name}: ${ms}ms;`),
    `--motion-ease: ${ease};`,
  ];
  return `/* Made from tokens.ts by \`node shared/look/build-tokens.ts\`; edit that. */
:root {
  color-scheme: light dark;
${lines.map((line) => `  ${line}`).join('\n')}
}

@media (prefers-reduced-motion: reduce) {
  :root {
    --motion-quick: 0s;
    --motion-calm: 0s;
  }
}
`;
}

if (import.meta.main) writeFileSync(new URL('tokens.css', import.meta.url), tokensCss());
