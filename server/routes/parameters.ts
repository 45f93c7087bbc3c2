import * as v from 'valibot';
import { programIdSchema, shopIdSchema } from '../../shared/protocol/schemas.ts';

export const programParams = v.strictObject({ program: programIdSchema });
export const orderParams = v.strictObject({ program: programIdSchema, order: shopIdSchema });
export const memberParams = v.strictObject({ program: programIdSchema, member: shopIdSchema });

export const noQuery = v.strictObject({});

const LIMIT_MAX = 100;
export const LIMIT_DEFAULT = 25;

export const limitSchema = v.pipe(
  v.string(),
  v.regex(/^(?:[1-9]\d?|100)$/, `a whole number from 1 to ${LIMIT_MAX}`),
  v.description(`Items on a page: 1 to ${LIMIT_MAX}, ${LIMIT_DEFAULT} when absent.`),
  v.transform(Number),
);

export const cursorSchema = v.pipe(
  v.string(),
  v.maxLength(1_024),
  v.regex(/^[A-Za-z0-9_-]+$/, 'a cursor that a page before this one gave'),
  v.description('`nextCursor` of the page before. Opaque.'),
);

export const seqSchema = v.pipe(
  v.string(),
  v.regex(/^\d{1,15}$/, 'the `seq` of an entry'),
  v.description('Stops at the entry with this `seq`, which is not part of the answer.'),
  v.transform(Number),
);
