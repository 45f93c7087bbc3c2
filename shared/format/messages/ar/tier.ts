import type { Message } from '../../messages.ts';
import type { tier as en } from '../en/tier.ts';

export const tier: Readonly<Record<keyof typeof en, Message>> = {
  label: 'التقدّم نحو {tier}',
  progress: '{have} من {need} {unit}',
  toNext: 'بقيت {points} {unit} للوصول إلى {tier}',
  toKeep: 'بقيت {points} {unit} للاحتفاظ بـ{tier} بعد {date}',
  kept: '{tier} لك حتى {date}',
  top: 'بلغت أعلى مستوى',
  stale: 'كما في {time}',
  changed: 'أصبح مستواك {tier}.',
};
