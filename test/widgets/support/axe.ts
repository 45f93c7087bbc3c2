import { assert } from './assert.ts';

interface AxeResults {
  readonly violations: readonly {
    readonly id: string;
    readonly help: string;
    readonly nodes: readonly { readonly target: unknown; readonly failureSummary?: string }[];
  }[];
}

let axe: Promise<{ run(context: Element, options: object): Promise<AxeResults> }> | null = null;

function loadAxe(): NonNullable<typeof axe> {
  return new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = '/node_modules/axe-core/axe.min.js';
    script.addEventListener('load', () => resolve((window as unknown as { axe: never }).axe));
    script.addEventListener('error', reject);
    document.head.append(script);
  });
}

/** Fails when axe finds anything that keeps somebody out. */
export async function assertAccessible(element: Element, what: string): Promise<void> {
  axe ??= loadAxe();
  const { violations } = await (await axe).run(element, { resultTypes: ['violations'] });
  const found = violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help} ${JSON.stringify(nodes.map(({ target, failureSummary }) => [target, failureSummary]))}`,
  );
  assert.deepEqual(found, [], `accessibility of ${what}:`);
}
