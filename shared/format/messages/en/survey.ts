import type { Messages } from '../../messages.ts';

/** `<laurel-survey>`. */
export const survey = {
  question: 'How likely are you to recommend {shop} to a friend?',
  questionAnyShop: 'How likely are you to recommend us to a friend?',
  least: 'Not at all likely',
  most: 'Extremely likely',
  comment: 'What made you choose that? (optional)',
  send: 'Send answer',
  sending: 'Sending …',
  pickOne: 'Please choose a number first.',
  thanks: 'Thank you',
  thanksDetail: 'Your answer has reached the shop.',
  answered: 'You have already answered, thank you.',
  failed: 'Your answer could not be sent. It is still here.',
  refused: 'This survey does not take answers at the moment.',
  retry: 'Try again',
} as const satisfies Messages;
