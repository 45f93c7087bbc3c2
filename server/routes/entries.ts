import * as v from 'valibot';
import { entryPageSchema, instantSchema, shopIdSchema } from '../../shared/protocol/schemas.ts';
import { cursorOf, readCursor } from '../http/cursor.ts';
import { json, PRIVATE, type Route, route } from '../http/route.ts';
import type { EntryFilter } from '../ledger/reads/read-entries.ts';
import { cursorSchema, LIMIT_DEFAULT, limitSchema, memberParams, seqSchema } from './parameters.ts';
import type { Services } from './services.ts';

const querySchema = v.strictObject({
  cursor: v.optional(cursorSchema),
  limit: v.optional(limitSchema),
  before: v.optional(v.pipe(seqSchema, v.description('Only entries before the one with this `seq`, itself left out.'))),
  after: v.optional(seqSchema),
  kind: v.optional(
    v.pipe(
      v.picklist(['accrual', 'redemption', 'expiry', 'adjustment', 'reversal', 'transfer']),
      v.description('Only entries of this kind.'),
    ),
  ),
  from: v.optional(v.pipe(instantSchema, v.description('Only what occurred then or later.'))),
  until: v.optional(v.pipe(instantSchema, v.description('Only what occurred before then.'))),
  order: v.optional(v.pipe(shopIdSchema, v.description('Only entries that name this order.'))),
});
type EntryQuery = v.InferOutput<typeof querySchema>;

const answers = {
  200: {
    description: 'One page.',
    schema: entryPageSchema,
    headers: { Link: '`rel="next"` with the address of the next page, while there is one.' },
  },
};
const description =
  'Every entry comes with the exact bytes that were hashed; they hold the hash of the entry before, so that the chain can be checked. Filters narrow together; with one of them the chain has gaps.';

/** A member's history, for himself and for the merchant. */
export function entryRoutes({ ledger, issuer }: Services): Route[] {
  async function page(programId: string, memberId: string, query: EntryQuery, path: string) {
    const { limit = LIMIT_DEFAULT } = query;
    const { entries, nextCursor: next } = await ledger.readEntries(programId, memberId, { ...filterOf(query), limit });
    const nextCursor = next === null ? null : cursorOf([Number(next)]);
    const headers =
      nextCursor === null
        ? PRIVATE
        : { ...PRIVATE, link: `<${issuer}${path}?${nextQuery(query, nextCursor)}>; rel="next"` };
    return json(200, { entries, nextCursor }, headers);
  }

  return [
    route({
      method: 'GET',
      path: '/v1/me/entries',
      name: 'listEntries',
      tag: 'Account',
      summary: 'History, newest first',
      description,
      access: 'reader',
      sharing: 'shops',
      query: querySchema,
      answers,
      errors: [],
      handle: ({ caller, query }) => page(caller.programId, caller.memberId, query, '/v1/me/entries'),
    }),

    route({
      method: 'GET',
      path: '/v1/programs/{program}/members/{member}/entries',
      name: 'listMemberEntries',
      tag: 'Members',
      summary: "A member's history, newest first",
      description,
      access: 'merchant',
      sharing: 'none',
      params: memberParams,
      query: querySchema,
      answers,
      errors: ['program_not_found', 'member_not_found'],
      async handle({ params: { program, member }, query }) {
        const path = `/v1/programs/${program}/members/${encodeURIComponent(member)}/entries`;
        return page(program, await ledger.memberIdOf(program, member), query, path);
      },
    }),
  ];
}

/** A cursor is where the page before ended; what the query itself says of the same end holds as well. */
function filterOf({ cursor, before, after, kind, from, until, order }: EntryQuery): EntryFilter {
  const end = cursor === undefined ? undefined : (readCursor(cursor, ['number'])[0] as number);
  return {
    before: end === undefined || before === undefined ? (end ?? before) : Math.min(end, before),
    after,
    kind,
    from: from === undefined ? undefined : Date.parse(from),
    until: until === undefined ? undefined : Date.parse(until),
    order,
  };
}

function nextQuery({ cursor: _cursor, limit = LIMIT_DEFAULT, ...filter }: EntryQuery, next: string): URLSearchParams {
  const query = new URLSearchParams({ cursor: next, limit: String(limit) });
  for (const [name, value] of Object.entries(filter)) if (value !== undefined) query.set(name, String(value));
  return query;
}
