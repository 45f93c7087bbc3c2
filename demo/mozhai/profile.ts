import { html } from '../shop/html.ts';
import type { ShopProfile } from '../shop/profile.ts';
import { brand, landscape } from './art.ts';
import { products } from './products.ts';
import { texts } from './texts.ts';

/** A bookshop, in Chinese and yuan: ink, paper, one red seal, and lines that run downward. */
export const mozhai: ShopProfile = {
  slug: 'mozhai',
  name: '墨斋',
  locale: 'zh-Hans',
  direction: 'ltr',
  currency: 'CNY',
  programId: 'localhost.mozhai.rewards',
  themeColor: { light: '#f6f2e8', dark: '#171614' },
  products,
  texts,
  brand,
  customers: [
    { id: 'lin-zhixia', name: '林知夏', about: '老书友，架上已满，墨点颇丰。' },
    { id: 'chen-mo', name: '陈默', about: '上周刚买过一单，墨点待入账。' },
    { id: 'su-wanqing', name: '苏晚晴', about: '初来，尚未买书。' },
  ],
  history: [
    {
      customerId: 'lin-zhixia',
      daysAgo: 330,
      lines: [
        ['liao-zhai', 2],
        ['shi-jing', 1],
      ],
    },
    {
      customerId: 'lin-zhixia',
      daysAgo: 204,
      lines: [
        ['shi-shuo-xin-yu', 2],
        ['cha-jing', 1],
        ['meng-xi', 2],
      ],
    },
    {
      customerId: 'chen-mo',
      daysAgo: 121,
      lines: [
        ['fu-sheng-liu-ji', 1],
        ['tao-an-meng-yi', 1],
      ],
    },
    {
      customerId: 'lin-zhixia',
      daysAgo: 58,
      lines: [
        ['chu-ci', 3],
        ['shan-hai-jing', 2],
      ],
    },
    {
      customerId: 'chen-mo',
      daysAgo: 4,
      lines: [
        ['shi-jing', 1],
        ['ren-jian-ci-hua', 2],
      ],
    },
    { customerId: 'lin-zhixia', daysAgo: 2, lines: [['tao-an-meng-yi', 1]] },
  ],
  home: (card, progress) => html`<section class="scroll">
  <div class="scroll-words">
    <h1 class="vertical">旧书新刻</h1>
    <p class="vertical lead">松烟为墨，皮纸为页，<br>一字一句，手校三遍。</p>
  </div>
  ${landscape}
</section>
<section class="shelf" id="shelf">
  <div class="shelf-head"><h2 class="vertical">架上十种</h2><p>本斋自刻自印，每种五百部，编号钤印。</p></div>
  <div class="grid">${products.map(card)}</div>
</section>
<section class="colophon">
  <h2 class="vertical">积墨</h2>
  <div class="colophon-words"><p>每一元得一墨点，每单再添十点，永不过期。积满三百为秀才，一千为举人，三千为进士。</p><p><a href="/rewards">看四等功名</a></p></div>
  <div class="panel">${progress}</div>
</section>`,
};
