import { html } from '../shop/html.ts';
import type { ShopProfile } from '../shop/profile.ts';
import { brand, range, symbols } from './art.ts';
import { products } from './products.ts';
import { texts } from './texts.ts';

/** A mountain outfitter, in Arabic and riyals, right to left: black, white, one orange, and no soft edge anywhere. */
export const qimam: ShopProfile = {
  slug: 'qimam',
  name: 'قمم',
  locale: 'ar',
  direction: 'rtl',
  currency: 'SAR',
  programId: 'localhost.qimam.rewards',
  themeColor: { light: '#0d0f10', dark: '#0d0f10' },
  products,
  texts,
  symbols,
  brand,
  customers: [
    { id: 'noura', name: 'نورة القحطاني', about: 'تتسلّق كل شهر، ولديها نقاط توشك أن تنتهي.' },
    { id: 'faisal', name: 'فيصل الحربي', about: 'اشترى قبل أيام، ونقاطه قيد التأكيد.' },
    { id: 'layan', name: 'ليان العتيبي', about: 'جديدة، ولم تشترِ شيئًا بعد.' },
  ],
  history: [
    {
      customerId: 'noura',
      daysAgo: 345,
      lines: [
        ['tent', 1],
        ['dallah', 1],
      ],
    },
    {
      customerId: 'noura',
      daysAgo: 188,
      lines: [
        ['boots', 1],
        ['poles', 1],
        ['jacket', 1],
      ],
    },
    {
      customerId: 'faisal',
      daysAgo: 77,
      lines: [
        ['bottle', 2],
        ['map', 1],
      ],
    },
    {
      customerId: 'noura',
      daysAgo: 31,
      lines: [
        ['rope', 1],
        ['headlamp', 1],
      ],
    },
    {
      customerId: 'faisal',
      daysAgo: 5,
      lines: [
        ['backpack', 1],
        ['stove', 1],
      ],
    },
  ],
  home: (card, progress) => html`<section class="summit">
  ${range}
  <div class="summit-words"><h1>القمة أقرب<br>مما تظن</h1><p class="lead">عتاد جرّبناه في السودة وشدا وطويق قبل أن نبيعه، ونصلحه إن انكسر.</p><p><a class="button primary" href="#gear">تسوّق العتاد</a></p></div>
</section>
<ul class="promises"><li><b>14 يومًا</b> للإرجاع</li><li><b>إصلاح</b> في ورشتنا</li><li><b>توصيل</b> مجاني في المملكة</li></ul>
<section class="shelf" id="gear"><div class="shelf-head"><h2>العتاد</h2><p>${products.length} قطعة، لا أكثر: من كل نوع أفضل ما وجدنا.</p></div>
  <div class="grid">${products.map(card)}</div></section>
<section class="club"><div class="club-words"><h2>نادي قمم</h2><p>نقطتان عن كل خمسة ريالات، وخمس وعشرون مع كل طلب. من المخيّم إلى السفح إلى القمة.</p><p><a href="/rewards">اعرف الدرجات</a></p></div>
  <div class="panel">${progress}</div></section>`,
};
