import type { Messages } from '../../messages.ts';

/** `<laurel-tier-progress>`. */
export const tier = {
  label: 'Progress to {tier}',
  progress: '{have} of {need} {unit}',
  toNext: '{points} more {unit} to {tier}',
  toKeep: {
    one: '{points} more {unit} keeps {tier} past {date}',
    other: '{points} more {unit} keep {tier} past {date}',
  },
  kept: '{tier} is yours until {date}',
  top: 'You have reached the highest tier',
  stale: 'as of {time}',
  changed: 'You are now {tier}.',
} as const satisfies Messages;
