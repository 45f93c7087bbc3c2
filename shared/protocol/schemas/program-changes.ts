import * as v from 'valibot';
import { instantSchema, pointsSchema, programIdSchema, whole } from './fields.ts';

/** Publishing, planning and withdrawing program versions. */

export const versionStateSchema = v.picklist(['planned', 'in_force', 'past', 'withdrawn']);

export const programVersionSchema = v.object({
  version: v.pipe(whole(1, Number.MAX_SAFE_INTEGER), v.description("Counts the program's versions from 1.")),
  state: v.pipe(
    versionStateSchema,
    v.description('`withdrawn`: replaced before it came into force. `past`: was in force until a later one was.'),
  ),
  effectiveAt: v.pipe(instantSchema, v.description('From when this version is, was or would have been in force.')),
  recordedAt: v.pipe(instantSchema, v.description('When it was published.')),
  digest: v.pipe(v.string(), v.description('base64url SHA-256 of the document; the same document has the same one.')),
});

export const programVersionPageSchema = v.object({
  versions: v.pipe(v.array(programVersionSchema), v.description('Newest first.')),
  nextCursor: v.nullable(v.string()),
});

export const programWarningSchema = v.object({
  pointer: v.pipe(v.string(), v.description('JSON Pointer (RFC 6901) into the draft.')),
  detail: v.string(),
});

const pointsChange = {
  real: v.pipe(pointsSchema, v.description('Points that these orders earned.')),
  draft: v.pipe(pointsSchema, v.description("Points that they would have earned by the draft's rules.")),
  changePercent: v.pipe(
    v.nullable(v.number()),
    v.description('12 is 12 % more; null where nothing was earned. Rounded to a tenth.'),
  ),
};

export const tierMoveSchema = v.object({
  memberId: v.pipe(v.string(), v.description("The shop's own id of its customer.")),
  from: v.pipe(v.string(), v.description('Tier by the rules in force, if the next review were now.')),
  to: v.pipe(v.string(), v.description('Tier by the draft, if the next review were now.')),
  direction: v.picklist(['up', 'down']),
});

export const dryRunSchema = v.object({
  program: programIdSchema,
  /** Of the rules in force that the draft is compared with. */
  version: whole(1, Number.MAX_SAFE_INTEGER),
  from: instantSchema,
  until: instantSchema,
  isComplete: v.pipe(
    v.boolean(),
    v.description(
      'False when the time for it ran out: then it is of the members counted here, who are a random sample.',
    ),
  ),
  members: v.object({ counted: pointsSchema, total: pointsSchema }),
  orders: v.object({
    count: pointsSchema,
    refused: v.pipe(
      pointsSchema,
      v.description('Orders that the draft would refuse, in a currency that it does not know.'),
    ),
  }),
  points: v.object({
    ...pointsChange,
    rules: v.pipe(
      v.array(v.object({ rule: v.string(), points: pointsSchema })),
      v.description("By the draft's rules; their sum is `draft`."),
    ),
  }),
  tiers: v.object({
    up: pointsSchema,
    down: pointsSchema,
    ladder: v.array(v.object({ tier: v.string(), real: pointsSchema, draft: pointsSchema })),
  }),
  expiry: v.object({
    changed: v.pipe(
      pointsSchema,
      v.description('Points accrued in this time that the draft would expire on another day.'),
    ),
    earlier: pointsSchema,
    later: pointsSchema,
  }),
  warnings: v.array(programWarningSchema),
});

export const tierMovePageSchema = v.object({
  moves: v.array(tierMoveSchema),
  nextCursor: v.nullable(v.string()),
});
