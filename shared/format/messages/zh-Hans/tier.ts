import type { Message } from '../../messages.ts';
import type { tier as en } from '../en/tier.ts';

export const tier: Readonly<Record<keyof typeof en, Message>> = {
  label: '距{tier}的进度',
  progress: '已有 {have}，共需 {need} {unit}',
  toNext: '再积 {points} {unit}即可升至{tier}',
  toKeep: '再积 {points} {unit}，{date}之后仍为{tier}',
  kept: '{tier}有效至{date}',
  top: '您已达到最高等级',
  stale: '截至 {time}',
  changed: '您现在是{tier}。',
};
