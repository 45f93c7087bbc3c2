import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { API_FILE, apiDocument } from '../../support/api-docs.ts';
import type { ApiExample } from '../../support/api-example.ts';
import { apiExamples } from '../../support/api-examples.ts';
import { type Caller, fetchCaller, filled, openStory, type Story, shellCaller, tell } from '../../support/api-story.ts';

const hasShell = ['sh', 'curl', 'openssl'].every((tool) => spawnSync(tool, ['--version']).error === undefined);

/** `…` is any text; the rest is meant as it stands. */
function meant(value: unknown): unknown {
  if (value === '…') return expect.any(String);
  if (Array.isArray(value)) return value.map(meant);
  if (typeof value !== 'object' || value === null) return value;
  return expect.objectContaining(Object.fromEntries(Object.entries(value).map(([name, item]) => [name, meant(item)])));
}

describe.each<[how: string, call: Caller, isHere: boolean]>([
  ['by fetch', fetchCaller(), true],
  ['as typed in a shell', shellCaller, hasShell],
])('the examples of docs/api.md, %s', (_, call, isHere) => {
  let story: Story;
  beforeAll(async () => {
    if (isHere) story = await openStory();
  });
  afterAll(() => story?.close());

  /** One test: each example builds on those before it. */
  test.skipIf(!isHere)('every one works, and every route has one', { timeout: 120_000 }, async () => {
    for (const example of apiExamples) expectAnswer(example, await tell(story, example, call));
    const shown = new Set(apiExamples.map(({ operation }) => operation));
    expect(story.routes.filter(({ name }) => !shown.has(name)).map(({ name }) => name)).toEqual([]);
    expect(apiDocument(story.routes) === readFileSync(API_FILE, 'utf8'), 'run "npm run docs"').toBe(true);
    console.log(`${apiExamples.length} examples of ${story.routes.length} routes`);
  });

  function expectAnswer(example: ApiExample, { status, text, body }: Awaited<ReturnType<typeof tell>>): void {
    const { operation, answer } = example;
    expect([operation, status, status === example.status ? '' : text]).toEqual([operation, example.status, '']);
    if (typeof answer === 'string') expect([operation, text]).toEqual([operation, expect.stringContaining(answer)]);
    else if (answer) expect([operation, body]).toEqual([operation, meant(filled(answer, story.values))]);
  }
});
