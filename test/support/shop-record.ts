import type { PendingLink, Shop } from '../../extension/storage/records.ts';

const HOUR_MS = 3_600_000;

/** A linked shop as the wallet keeps it, checked a moment ago, with what the test is about changed. */
export function aShop(changes: Partial<Shop> & { readonly issuer: string; readonly program: string }): Shop {
  const now = Date.now();
  return {
    id: `${changes.issuer}/v1/programs/${changes.program}`,
    origins: [`https://${changes.program}.example`],
    origin: `https://${changes.program}.example`,
    facts: {
      name: { en: 'Crema', 'zh-Hans': '克雷玛咖啡', ar: 'كريما' },
      timeZone: 'Europe/Berlin',
      defaultLocale: 'en',
      unit: {
        code: 'BEAN',
        name: {
          en: { one: 'bean', other: 'beans' },
          'zh-Hans': { other: '豆' },
          ar: { one: 'حبة', few: 'حبات', many: 'حبة', other: 'حبة' },
        },
      },
      tiers: [{ id: 'gold', name: { en: 'Dark Roast', 'zh-Hans': '深烘', ar: 'تحميص داكن' } }],
    },
    factsAt: now,
    linkedAt: now - 24 * HOUR_MS,
    status: 'linked',
    account: {
      displayId: '••••7Q2K',
      tier: { id: 'gold', name: 'Dark Roast' },
      available: 1250,
      pending: 0,
      expiring: [],
      seq: 57,
    },
    checkedAt: now,
    failure: null,
    warning: null,
    ...changes,
  };
}

/** A link that waits for the shopper's word, with what the test is about changed. */
export function aPendingLink(changes: Partial<PendingLink> = {}): PendingLink {
  const { facts, origins } = aShop({ issuer: 'https://points.example', program: 'com.mozhai' });
  return {
    origin: 'https://mozhai.example',
    issuer: 'https://points.example',
    program: 'com.mozhai.rewards',
    tabId: 1,
    startedAt: Date.now(),
    verifier: 'v'.repeat(43),
    challenge: 'c'.repeat(43),
    step: 'confirm',
    code: { value: 'code', receivedAt: Date.now() },
    facts: { ...facts, origins, name: { en: 'Mozhai Books', 'zh-Hans': '墨斋书店', ar: 'مكتبة موجاي' } },
    confirmedAt: null,
    tryCount: 0,
    failure: null,
    ...changes,
  };
}
