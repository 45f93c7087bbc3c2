import * as v from 'valibot';
import { pointsSchema } from './fields.ts';

const texts = v.record(v.string(), v.string());

export const challengeItemSchema = v.object({
  id: v.string(),
  name: texts,
  description: v.nullable(texts),
  kind: v.picklist(['count', 'sum', 'streak', 'set']),
  points: pointsSchema,
  value: v.pipe(
    pointsSchema,
    v.description('How much of the target there is: steps, minor units, periods in a row, items.'),
  ),
  target: pointsSchema,
  currency: v.pipe(v.nullable(v.string()), v.description('Of a sum.')),
  items: v.pipe(v.nullable(v.array(v.object({ item: v.string(), isDone: v.boolean() }))), v.description('Of a set.')),
  until: v.pipe(v.nullable(v.string()), v.description('The last day, where there is one.')),
  doneCount: v.pipe(pointsSchema, v.description('How often the member completed it.')),
  times: v.pipe(pointsSchema, v.description('How often he can.')),
  state: v.picklist(['ahead', 'open', 'done', 'over', 'not_for_tier']),
});
export const challengeListSchema = v.object({ challenges: v.array(challengeItemSchema) });
