import type { ApiExample } from './api-example.ts';
import { memberExamples } from './api-examples-members.ts';
import { rewardExamples } from './api-examples-rewards.ts';
import { shopExamples } from './api-examples-shop.ts';

/** Every example of docs/api.md, in the order of a story that runs from an empty store. */
export const apiExamples: readonly ApiExample[] = [...shopExamples, ...rewardExamples, ...memberExamples];
