import type { Message } from '../../messages.ts';
import type { tier as en } from '../en/tier.ts';

export const tier: Readonly<Record<keyof typeof en, Message>> = {
  label: '距{tier}的进度',
  labelTop: '您的等级',
  progress: { other: '{tier}需要 {need} {unit}，已有 {have}' },
  toNext: { other: '再积 {points} {unit}即可升至{tier}' },
  toKeep: { other: '再积 {points} {unit}，{date}之后仍为{tier}' },
  kept: '{tier}有效至{date}',
  top: '您已达到最高等级',
  stale: '截至 {time}',
  changed: '您现在是{tier}。',
};
