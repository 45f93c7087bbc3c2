import { html } from '../shop/html.ts';
import type { ShopProfile } from '../shop/profile.ts';
import { brand, morning } from './art.ts';
import { products } from './products.ts';
import { texts } from './texts.ts';

/** A coffee roastery, in English and euros: warm, plain-spoken, a little woven. */
export const crema: ShopProfile = {
  slug: 'crema',
  name: 'Crema',
  locale: 'en',
  direction: 'ltr',
  currency: 'EUR',
  programId: 'localhost.crema.rewards',
  themeColor: { light: '#f6efe3', dark: '#1c1511' },
  products,
  texts,
  brand,
  customers: [
    { id: 'nora', name: 'Nora Lindqvist', about: 'A regular for years, with beans to spend and some about to expire.' },
    { id: 'tom', name: 'Tom Whitfield', about: 'Two orders so far, and not far from the next tier.' },
    { id: 'amara', name: 'Amara Osei', about: 'New here. Nothing bought yet.' },
  ],
  history: [
    { customerId: 'nora', daysAgo: 352, lines: [['sampler', 2]] },
    {
      customerId: 'nora',
      daysAgo: 298,
      lines: [
        ['kettle', 1],
        ['kattegat', 2],
      ],
    },
    {
      customerId: 'nora',
      daysAgo: 171,
      lines: [
        ['midsommar', 2],
        ['lingon', 1],
      ],
    },
    {
      customerId: 'tom',
      daysAgo: 63,
      lines: [
        ['fjall', 2],
        ['filters', 1],
      ],
    },
    {
      customerId: 'nora',
      daysAgo: 40,
      lines: [
        ['grinder', 1],
        ['polarnatt', 1],
      ],
    },
    {
      customerId: 'tom',
      daysAgo: 9,
      lines: [
        ['dripper', 1],
        ['bjork', 2],
      ],
    },
  ],
  home: (card, progress) => html`<section class="hero">
  <div class="hero-words">
    <p class="eyebrow">Roasted on Tuesdays, in small batches</p>
    <h1>Coffee for long mornings.</h1>
    <p class="lead">We buy from eleven growers whom we know by name, roast lightly, and send every bag the day after it leaves the drum.</p>
    <p class="row"><a class="button primary" href="#coffee">See this week’s coffees</a><a class="quiet-link" href="/rewards">How beans work</a></p>
  </div>
  ${morning}
</section>
<section class="shelf" id="coffee"><div class="shelf-head"><h2>This week’s coffees</h2><p>250 g, whole bean. We print the roast date on every bag.</p></div>
  <div class="grid">${products.filter(({ category }) => category === 'Coffee').map(card)}</div></section>
<section class="beans"><div><h2>Every bag grows beans</h2><p>Five beans for every euro, more as you move up a roast. They are yours at once, and last a year.</p><p><a href="/rewards">See the three roasts</a></p></div>
  <div class="panel">${progress}</div></section>
<section class="shelf" id="brewing"><div class="shelf-head"><h2>For the kitchen shelf</h2><p>Things we use ourselves, and can mend.</p></div>
  <div class="grid">${products.filter(({ category }) => category === 'Brewing').map(card)}</div></section>`,
};
