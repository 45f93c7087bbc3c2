/** A limit in bytes. `must` fails the check; `aim` is what the platform allows, and is only told. */
export interface Budget {
  readonly what: string;
  readonly unit: 'brotli' | 'raw';
  readonly must: number;
  readonly aim: number;
  readonly reason: string;
}

/**
 * Every byte budget of the project. A page pays for its bytes on the slowest connection that opens it; below about 20 kB
 * round trips weigh more, so the limits keep each part small enough to come in one. Raising one is an edit that says why.
 */
export const budgets = {
  loader: {
    what: 'laurel.js on a page without elements',
    unit: 'brotli',
    must: 2_000,
    aim: 1_500,
    reason: 'it stands on every page of the shop, most of which show no points',
  },
  firstBadge: {
    what: 'all script until the first badge shows a number',
    unit: 'brotli',
    must: 9_000,
    aim: 7_000,
    reason: 'Lit alone is 5.2 kB; a badge of other kits needs 10 to 288 kB',
  },
  furtherElement: {
    what: 'each further simple element',
    unit: 'brotli',
    must: 1_500,
    aim: 1_000,
    reason: 'a page that uses five must not weigh five times as much',
  },
  survey: {
    what: 'all script until a survey shows its first question',
    unit: 'brotli',
    must: 13_000,
    aim: 9_000,
    reason: "a page that asks its customers should not make them wait; other surveys' first question is 45 to 300 kB",
  },
  kit: {
    what: 'the whole kit in one file, languages apart',
    unit: 'brotli',
    must: 40_000,
    aim: 25_000,
    reason: 'a shop that bundles everything pays it on the first visit',
  },
  contentScript: {
    what: "the wallet's content script",
    unit: 'raw',
    must: 8_000,
    aim: 3_000,
    reason: 'it is read, parsed and kept in memory in every tab of a followed shop, without compression',
  },
} as const satisfies Record<string, Budget>;
