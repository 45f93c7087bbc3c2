import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../server/commands/index.ts';
import { createMetrics } from '../../server/metrics/metrics.ts';
import { readProjectFile } from './source-files.ts';

const page = readProjectFile('docs/operations.md');
const section = (heading: string): string => page.split(/^## /m).find((part) => part.startsWith(heading)) ?? '';

describe('docs/operations.md', () => {
  test('has every setting that the server reads, and no other', () => {
    const read = [...readProjectFile('server/settings.ts').matchAll(/read\(environment, '([A-Z_]+)'/g)].map(
      ([, name]) => name,
    );
    const told = [...section('Settings').matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, name]) => name);
    expect(told.length).toBeGreaterThan(5);
    expect(new Set(told)).toEqual(new Set(read));
  });

  test('has every number that the server tells, and no other', () => {
    const metrics = createMetrics();
    const told = [...metrics.text().matchAll(/^# TYPE (\w+)/gm)].map(([, name]) => name);
    metrics.stop();
    const named = [...section('Numbers').matchAll(/`((?:laurel|process|nodejs)_\w+)`/g)].map(([, name]) => name);
    expect(new Set(named)).toEqual(new Set(told));
  });

  test('has every command', () => {
    expect(
      COMMANDS.map(({ usage }) => usage).filter((usage) => !section('What runs').includes(`\`${usage}\``)),
    ).toEqual([]);
  });
});
