import type { Messages } from '../../messages.ts';

/** `<laurel-points-badge>`. */
export const badge = {
  pending: '+{points} pending',
  stale: 'as of {time}',
  changed: 'You now have {points} {unit}.',
} as const satisfies Messages;
