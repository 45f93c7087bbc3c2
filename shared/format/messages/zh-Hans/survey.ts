import type { Message } from '../../messages.ts';
import type { survey as en } from '../en/survey.ts';

export const survey: Readonly<Record<keyof typeof en, Message>> = {
  question: '您有多大可能向朋友推荐{shop}？',
  questionAnyShop: '您有多大可能向朋友推荐我们？',
  least: '完全不可能',
  most: '非常可能',
  comment: '您为什么这样选？（选填）',
  send: '提交回答',
  sending: '正在提交…',
  pickOne: '请先选择一个分数。',
  thanks: '谢谢您',
  thanksDetail: '店家已收到您的回答。',
  answered: '您已经回答过了，谢谢。',
  failed: '回答未能送出，内容仍保留在此。',
  refused: '此问卷目前不接受回答。',
  retry: '重试',
};
