import type { Message } from '../../messages.ts';
import type { badge as en } from '../en/badge.ts';

export const badge: Readonly<Record<keyof typeof en, Message>> = {
  pending: '+{points} قيد التأكيد',
  stale: 'كما في {time}',
  changed: 'لديك الآن {points} {unit}.',
};
