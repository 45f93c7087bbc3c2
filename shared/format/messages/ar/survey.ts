import type { Message } from '../../messages.ts';
import type { survey as en } from '../en/survey.ts';

export const survey: Readonly<Record<keyof typeof en, Message>> = {
  question: 'ما مدى احتمال أن توصي صديقًا بـ{shop}؟',
  questionAnyShop: 'ما مدى احتمال أن توصي صديقًا بنا؟',
  least: 'غير محتمل إطلاقًا',
  most: 'محتمل جدًا',
  comment: 'ما سبب اختيارك؟ (اختياري)',
  send: 'إرسال الإجابة',
  sending: 'جارٍ الإرسال…',
  pickOne: 'يُرجى اختيار رقم أولًا.',
  thanks: 'شكرًا لك',
  thanksDetail: 'وصلت إجابتك إلى المتجر.',
  answered: 'سبق أن أجبت، شكرًا لك.',
  failed: 'تعذّر إرسال إجابتك، وما زالت محفوظة هنا.',
  refused: 'لا يستقبل هذا الاستبيان إجابات حاليًا.',
  retry: 'إعادة المحاولة',
};
