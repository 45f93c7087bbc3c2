import type { Product } from '../shop/profile.ts';
import { art } from './art.ts';

interface Coffee {
  readonly sku: keyof typeof art;
  readonly name: string;
  readonly priceMinor: number;
  readonly notes: string;
  readonly words: readonly string[];
  readonly grower: string;
  readonly process: string;
  readonly altitude: string;
  readonly bestFor: string;
}

const coffee = ({ sku, name, priceMinor, notes, words, grower, process, altitude, bestFor }: Coffee): Product => ({
  sku,
  name,
  category: 'Coffee',
  priceMinor,
  summary: notes,
  description: words,
  facts: [
    ['Grower', grower],
    ['Process', process],
    ['Altitude', altitude],
    ['Best as', bestFor],
    ['Weight', '250 g, whole bean'],
  ],
  art: art[sku],
});

const brewing = (
  sku: keyof typeof art,
  name: string,
  priceMinor: number,
  summary: string,
  description: readonly string[],
  facts: Product['facts'],
): Product => ({ sku, name, category: 'Brewing', priceMinor, summary, description, facts, art: art[sku] });

/** What Crema sells. */
export const products: readonly Product[] = [
  coffee({
    sku: 'midsommar',
    name: 'Midsommar',
    priceMinor: 1550,
    notes: 'Apricot, jasmine, honey',
    words: [
      'A washed coffee from the Guji highlands, light enough to taste of flowers and sweet enough to forgive a careless pour.',
      'We have bought from the same washing station for six harvests. This is the best of them so far.',
    ],
    grower: 'Suke Quto, Guji',
    process: 'Washed',
    altitude: '2,050 m',
    bestFor: 'Filter',
  }),
  coffee({
    sku: 'lingon',
    name: 'Lingon',
    priceMinor: 1700,
    notes: 'Blackcurrant, red grape, brown sugar',
    words: [
      'A Nyeri coffee with the bright, berry-like acidity that made Kenya famous. Let it cool a little: it grows sweeter.',
      'Only forty kilos this year, so one bag a person while it lasts.',
    ],
    grower: 'Gatomboya, Nyeri',
    process: 'Washed, double-soaked',
    altitude: '1,780 m',
    bestFor: 'Filter',
  }),
  coffee({
    sku: 'bjork',
    name: 'Björk',
    priceMinor: 1400,
    notes: 'Milk chocolate, pear, almond',
    words: [
      'Our everyday filter coffee: round, quiet, good from the first cup to the third.',
      'Grown by the nine families of the Huila cooperative, who set the price with us in January.',
    ],
    grower: 'Cooperativa Pedregal, Huila',
    process: 'Washed',
    altitude: '1,700 m',
    bestFor: 'Filter, moka pot',
  }),
  coffee({
    sku: 'kattegat',
    name: 'Kattegat',
    priceMinor: 1350,
    notes: 'Toffee, orange peel, cocoa',
    words: [
      'A coffee that does not mind how you make it. Full in a cafetière, clear in a filter, sturdy with milk.',
      'Roasted a shade darker than our others, and named after the sea that we see from the loading door.',
    ],
    grower: 'Finca La Bolsa, Huehuetenango',
    process: 'Washed',
    altitude: '1,600 m',
    bestFor: 'Anything',
  }),
  coffee({
    sku: 'fjall',
    name: 'Fjäll Espresso',
    priceMinor: 1250,
    notes: 'Dark chocolate, hazelnut, cherry',
    words: [
      'The blend in our own machine. Two thirds Brazil for the body, one third Ethiopia for the lift.',
      'Start with 18 g in, 40 g out, in 28 seconds, and go from there.',
    ],
    grower: 'Fazenda Rainha and Suke Quto',
    process: 'Natural and washed',
    altitude: '1,200 to 2,050 m',
    bestFor: 'Espresso',
  }),
  coffee({
    sku: 'polarnatt',
    name: 'Polarnatt Decaf',
    priceMinor: 1400,
    notes: 'Caramel, fig, black tea',
    words: [
      'For the cup after dinner. Decaffeinated with cane sugar and spring water near where it grew.',
      'It keeps what most decafs lose: sweetness, and a finish.',
    ],
    grower: 'Asprotimana, Cauca',
    process: 'Washed, sugarcane decaf',
    altitude: '1,750 m',
    bestFor: 'Filter, espresso',
  }),
  brewing(
    'dripper',
    'Stoneware dripper',
    2800,
    'Holds its heat, sits on any mug',
    [
      'Thrown by a potter two streets away, from clay with enough iron to glow. Each has its own thumb mark under the handle.',
    ],
    [
      ['Size', '1 to 2 cups'],
      ['Fits', 'No. 2 papers'],
      ['Care', 'Dishwasher safe'],
    ],
  ),
  brewing(
    'kettle',
    'Slow kettle',
    6900,
    'A long neck and a steady hand',
    [
      'A pouring kettle that does one thing: give you a thin, even stream exactly where you look. For gas, electric and induction hobs.',
    ],
    [
      ['Volume', '0.9 l'],
      ['Material', 'Enamelled steel, beech'],
      ['Guarantee', '5 years, parts for 15'],
    ],
  ),
  brewing(
    'mugs',
    'Pair of mugs',
    2400,
    'One tall, one small, no set to complete',
    [
      'A big one for weekends, a little one for the second cup. The bands are painted by hand and never quite straight.',
    ],
    [
      ['Volume', '0.2 l and 0.35 l'],
      ['Material', 'Stoneware'],
      ['Care', 'Dishwasher and microwave safe'],
    ],
  ),
  brewing(
    'filters',
    'Filter papers',
    600,
    'A hundred, unbleached',
    ['Plain brown papers, folded once. Rinse with hot water first and you will not taste them.'],
    [
      ['Size', 'No. 2'],
      ['Count', '100'],
      ['Compost', 'Yes, with the grounds'],
    ],
  ),
  brewing(
    'grinder',
    'Hand grinder',
    8900,
    'Steel burrs, twenty-four clicks',
    [
      'Forty turns for a cup, and no sound that would wake a child. The burrs come out without tools; we sharpen and replace them.',
    ],
    [
      ['Burrs', '38 mm, hardened steel'],
      ['Holds', '25 g'],
      ['Weight', '480 g'],
    ],
  ),
  brewing(
    'sampler',
    'Three small bags',
    1900,
    'Midsommar, Kattegat and Lingon, 100 g each',
    ['Not sure yet? A light one, a round one and a bright one, with a card that tells you what to look for in each.'],
    [
      ['Contains', '3 × 100 g, whole bean'],
      ['Box', 'Recycled card'],
    ],
  ),
];
