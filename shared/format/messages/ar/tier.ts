import type { Message } from '../../messages.ts';
import type { tier as en } from '../en/tier.ts';

export const tier: Readonly<Record<keyof typeof en, Message>> = {
  label: 'التقدّم نحو {tier}',
  labelTop: 'مستواك',
  progress: {
    zero: '{have} من {need} {unit} نحو {tier}',
    one: '{have} من {need} {unit} نحو {tier}',
    two: '{have} من {need} {unit} نحو {tier}',
    few: '{have} من {need} {unit} نحو {tier}',
    many: '{have} من {need} {unit} نحو {tier}',
    other: '{have} من {need} {unit} نحو {tier}',
  },
  toNext: {
    zero: 'بقيت {points} {unit} للوصول إلى {tier}',
    one: 'بقيت {points} {unit} للوصول إلى {tier}',
    two: 'بقيت {points} {unit} للوصول إلى {tier}',
    few: 'بقيت {points} {unit} للوصول إلى {tier}',
    many: 'بقيت {points} {unit} للوصول إلى {tier}',
    other: 'بقيت {points} {unit} للوصول إلى {tier}',
  },
  toKeep: {
    zero: 'اجمع {points} {unit} أخرى لتحتفظ بـ{tier} بعد {date}',
    one: 'اجمع {points} {unit} أخرى لتحتفظ بـ{tier} بعد {date}',
    two: 'اجمع {points} {unit} أخرى لتحتفظ بـ{tier} بعد {date}',
    few: 'اجمع {points} {unit} أخرى لتحتفظ بـ{tier} بعد {date}',
    many: 'اجمع {points} {unit} أخرى لتحتفظ بـ{tier} بعد {date}',
    other: 'اجمع {points} {unit} أخرى لتحتفظ بـ{tier} بعد {date}',
  },
  kept: '{tier} لك حتى {date}',
  top: 'بلغت أعلى مستوى',
  stale: 'حتى {time}',
  changed: 'أصبح مستواك {tier}.',
};
