import type { Message } from '../../messages.ts';
import type { badge as en } from '../en/badge.ts';

export const badge: Readonly<Record<keyof typeof en, Message>> = {
  pending: '+{points} 待确认',
  stale: '截至 {time}',
  changed: '您现有 {points} {unit}。',
};
