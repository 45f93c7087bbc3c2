import * as v from 'valibot';
import { pointsSchema } from './fields.ts';

export const occasionItemSchema = v.object({
  id: v.string(),
  kind: v.picklist(['birthday', 'holiday']),
  name: v.record(v.string(), v.string()),
  on: v.pipe(
    v.nullable(v.string()),
    v.description('The next day on which it is kept, today included; null where it is not known.'),
  ),
  isToday: v.boolean(),
  points: pointsSchema,
  coupon: v.pipe(v.nullable(v.string()), v.description('Id of the coupon that is given as well.')),
  isReceived: v.pipe(v.boolean(), v.description('Whether the member has had it this year.')),
});
export const occasionListSchema = v.object({ occasions: v.array(occasionItemSchema) });
