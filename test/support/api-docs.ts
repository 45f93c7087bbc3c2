import { errorCodesOf } from '../../server/http/openapi.ts';
import { PROBLEM_TITLES } from '../../server/http/problem.ts';
import type { Route } from '../../server/http/route.ts';
import type { LoyaltyErrorCode } from '../../shared/domain/errors.ts';
import { commandOf, printed } from './api-command.ts';
import type { ApiExample } from './api-example.ts';
import { apiExamples } from './api-examples.ts';
import { SHOP_TOKEN_SCRIPT } from './api-preparations.ts';
import { apiProgram } from './api-program.ts';

/**
 * Writes `docs/api.md` from the table of routes and the examples. `npm run docs` after a change; a test fails while the file
 * is stale, and runs every example.
 */

export const API_FILE = 'docs/api.md';

/** Codes that any call can get, told once. */
const COMMON: readonly LoyaltyErrorCode[] = [
  'invalid_request',
  'payload_too_large',
  'unsupported_media_type',
  'unauthorized',
  'invalid_token',
  'forbidden',
  'origin_not_allowed',
  'idempotency_key_missing',
  'rate_limited',
  'unavailable',
];

interface Group {
  readonly title: string;
  readonly about: string;
  has(route: Route): boolean;
}

const OPERATION = ['Operation'];
const PLATFORM = ['postWebhook'];
const GROUPS: readonly Group[] = [
  {
    title: 'Anybody',
    about: 'What a program says of itself, and what a client needs to find its way.',
    has: ({ access, sharing }) => access === 'public' && sharing === 'open',
  },
  {
    title: "The merchant's back end",
    about: 'With the secret key of the program, which never leaves the back end. No page may read these answers.',
    has: ({ access }) => access === 'merchant',
  },
  {
    title: 'Shop platforms',
    about: 'Their own signature says who they are.',
    has: ({ name }) => PLATFORM.includes(name),
  },
  {
    title: 'The shop page',
    about:
      "The page of one of the program's `origins`: for a visitor without a token, for a signed-in customer with the token that the page got for him.",
    has: ({ access, sharing, tag }) =>
      access === 'member' || (access === 'public' && sharing === 'shops' && !OPERATION.includes(tag)),
  },
  {
    title: 'The member, on the page and in the wallet',
    about: "With the page's token, or with the wallet's, which can read and nothing else.",
    has: ({ access }) => access === 'reader',
  },
  {
    title: 'Whoever runs the server',
    about: 'For probes and monitoring.',
    has: ({ tag }) => OPERATION.includes(tag),
  },
];

/** The document of a server of this program. */
export async function currentApiDocument(): Promise<string> {
  const { openStory } = await import('./api-story.ts');
  const story = await openStory();
  try {
    return apiDocument(story.routes);
  } finally {
    await story.close();
  }
}

/** The whole document. @throws {Error} where a route has no example, or is of no group. */
export function apiDocument(routes: readonly Route[]): string {
  const groups = GROUPS.map(({ title, about, has }) => ({ title, about, routes: routes.filter(has) }));
  const grouped = groups.flatMap((group) => group.routes);
  if (grouped.length !== routes.length || new Set(grouped).size !== routes.length)
    throw new Error('every route is of one group');
  return `${[
    INTRODUCTION,
    ...groups.map(({ title, routes: members }) => overview(title, members)),
    SETTING,
    ...groups.flatMap(({ title, about, routes: members }) => [`## ${title}`, about, ...members.map(section)]),
  ].join('\n\n')}\n`;
}

const code = (text: string) => `\`${text}\``;
const fenced = (language: string, text: string) => `\`\`\`${language}\n${text}\n\`\`\``;

function overview(title: string, routes: readonly Route[]): string {
  const rows = routes.map(
    ({ method, path, name, summary }) => `| [${code(`${method} ${path}`)}](#${name.toLowerCase()}) | ${summary} |`,
  );
  return [`**${title}**`, '', '| call | does |', '| --- | --- |', ...rows].join('\n');
}

function section(route: Route): string {
  const { method, path, name, summary, description } = route;
  const examples = apiExamples.filter(({ operation }) => operation === name);
  if (examples.length === 0) throw new Error(`${name} has no example`);
  const own = [...errorCodesOf(route)].filter((found) => !COMMON.includes(found));
  return [
    `### ${name}`,
    code(`${method} ${path}`),
    `${summary}.${description === undefined ? '' : ` ${description}`}`,
    ...(route.idempotencyKey === 'required' ? ['Needs an `Idempotency-Key`.'] : []),
    ...(own.length > 0 ? [`Refused with ${own.map(code).join(', ')}.`] : []),
    ...examples.map((example) => shown(example, route)),
  ].join('\n\n');
}

function shown(example: ApiExample, route: Route): string {
  const { note, status, answer, keep } = example;
  const parts: string[] = note === undefined ? [] : [note];
  parts.push(fenced('sh', commandOf(example, route)));
  if (answer === undefined) parts.push(`Answers ${status}, without a body.`);
  else if (typeof answer === 'string') parts.push(`Answers ${status}, with ${code(answer)} in it.`);
  else if (Object.keys(answer).length === 0) parts.push(`Answers ${status}: ${code('{}')}`);
  else parts.push(`Answers ${status}, with`, fenced('json', printed(answer)));
  const kept = Object.entries(keep ?? {}).map(([variable, place]) => `${code(`$${variable}`)} is its ${code(place)}`);
  if (kept.length > 0) parts.push(`Below, ${kept.join(', ')}.`);
  return parts.join('\n\n');
}

const INTRODUCTION = `# API

Every call of a Laurel server, with an example that works: a test runs each of them, in the order of a small story, against a
server on an empty store. The server itself has the same as OpenAPI 3.1 at \`/openapi.json\`. This page is made by \`npm run docs\`.

**Who calls.** A merchant's back end sends \`Authorization: Bearer\` and a secret key of its program, as \`laurel program apply\`
printed it. A shop page gets a token for its signed-in customer for a JWT of the shop's ([postToken](#posttoken)); a wallet gets
one that can only read, for a code that the page obtained ([postCode](#postcode)).

**Numbers.** Points are whole numbers. Money is in minor units (cents) with an ISO 4217 currency. Instants are RFC 3339 with an offset.

**Trying again** is always safe. An order, a refund, an event has the shop's own \`id\`; other calls that write take an
\`Idempotency-Key\`. The same again is answered as the first time, with \`replayed: true\` and status 200 in place of 201; the same id or
key with other content is refused with \`idempotency_conflict\`.

**Pages.** A list has a \`nextCursor\` (and a \`Link\` header with \`rel="next"\`) while there is more: pass it as \`cursor\`. \`limit\` goes to 100.

**Refusals** are problem documents (RFC 9457) with a stable \`code\`; \`errors\` has a JSON Pointer for each field at fault, into the body or
below \`/path\`, \`/query\` and \`/header\`. A refused call has changed nothing. Any call can get these; the others stand with each call:

| code | means |
| --- | --- |
${COMMON.map((name) => `| ${code(name)} | ${PROBLEM_TITLES[name]} |`).join('\n')}

## All calls`;

const SETTING = `## How to read the examples

They are commands for a POSIX shell with \`curl\` 7.82 or newer. \`…\` in an answer is a text that differs each time; fields that do
not matter to the example are left out. The variables:

| variable | is |
| --- | --- |
| \`$LAUREL\` | the server's public address, such as \`https://points.shop.example\` |
| \`$SECRET_KEY\`, \`$MEMBER_KEY\` | the program's two keys, as \`laurel program apply\` printed them |
| \`$PAGE_TOKEN\`, \`$FRIEND_TOKEN\` | \`access_token\` that a page got for \`customer-1001\` and for \`customer-1003\` |
| \`$RECEIVER\` | the address of the shop's own server for messages, such as \`https://shop.example/laurel\` |
| \`$METRICS_TOKEN\` | the server's \`LAUREL_METRICS_TOKEN\` |
| others | a value of an earlier answer, as it says there |

The story happens on 31 March 2026 with this program, which the operator published with \`laurel program apply program.json\`:

${fenced('json', printed(apiProgram))}

\`draft.json\` is the same with 2 points for a euro in the place of 1. \`shop-token.mjs\` signs what a page gets its token for; a shop's
back end does so when it renders a page for a signed-in customer:

${fenced('js', SHOP_TOKEN_SCRIPT.trimEnd())}`;
