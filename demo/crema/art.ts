import { type Html, raw } from '../shop/html.ts';

/**
 * Crema's drawings: flat shapes with a woven-textile feel, a handful of pigments, no outlines. Every product stands on
 * the same floor in the same 320 × 360 frame, so that a row of them lines up.
 */

const CREAM = '#f7ecd9';
const ESPRESSO = '#2f1d14';
const BRICK = '#a8452a';
const OCHRE = '#d99a3d';
const MOSS = '#5d6b45';
const SEA = '#2f5d62';
const BERRY = '#8a2f3f';
const NIGHT = '#27324a';
const CLAY = '#c9785a';
const STEEL = '#b9b4a8';

const frame = (content: string): Html =>
  raw(
    `<svg viewBox="0 0 320 360" aria-hidden="true" focusable="false"><ellipse class="floor" cx="160" cy="322" rx="112" ry="9"/>${content}</svg>`,
  );

interface Bag {
  readonly body: string;
  readonly label: string;
  readonly ink: string;
  readonly name: string;
  readonly origin: string;
  /** Drawn in a 136 × 124 box. */
  readonly motif: string;
}

function bag({ body, label, ink, name, origin, motif }: Bag): Html {
  return frame(`
<path d="M76 70h168l8 14v224a14 14 0 0 1-14 14H82a14 14 0 0 1-14-14V84z" fill="${body}"/>
<path d="M228 70h16l8 14v224a14 14 0 0 1-14 14h-10z" fill="${ESPRESSO}" opacity=".14"/>
<path d="M74 36h172v36H74z" fill="${body}"/><path d="M74 36h172v36H74z" fill="${ESPRESSO}" opacity=".22"/>
<path d="M74 50h172v7H74z" fill="${CREAM}" opacity=".55"/>
<rect x="92" y="98" width="136" height="196" rx="3" fill="${label}"/>
<svg x="92" y="98" width="136" height="124" viewBox="0 0 136 124">${motif}</svg>
<text class="bag-name" x="160" y="254" text-anchor="middle" font-size="${name.length > 8 ? 19 : 23}" fill="${ink}">${name}</text>
<text class="bag-origin" x="160" y="275" text-anchor="middle" font-size="9.5" letter-spacing="1.2" fill="${ink}">${origin}</text>`);
}

const hills = (back: string, middle: string, front: string) =>
  `<path d="M0 92q34-34 68-10t68-20v62H0z" fill="${back}"/><path d="M0 108q40-26 76-6t60-16v38H0z" fill="${middle}"/><path d="M0 118q50-14 136-2v8H0z" fill="${front}"/>`;

const leafPair = (y: number, color: string) =>
  `<path d="M68 ${y}c-8-20-28-24-42-20 4 14 20 26 42 20z" fill="${color}"/><path d="M68 ${y}c8-20 28-24 42-20-4 14-20 26-42 20z" fill="${color}"/>`;

const scallops = [0, 1, 2, 3, 4]
  .map((row) => {
    const shift = row % 2 ? 0 : -17;
    const color = [SEA, '#3f7a7d', OCHRE, SEA, '#3f7a7d'][row];
    return [0, 1, 2, 3, 4]
      .map((column) => {
        const x = shift + column * 34 + 17;
        const y = 34 + row * 22;
        return `<circle cx="${x}" cy="${y}" r="17" fill="${color}"/><circle cx="${x}" cy="${y}" r="11" fill="${CREAM}"/><circle cx="${x}" cy="${y}" r="5.5" fill="${color}"/>`;
      })
      .join('');
  })
  .join('');

const berry = (x: number, y: number, r: number) =>
  `<circle cx="${x}" cy="${y}" r="${r}" fill="${BERRY}"/><path d="M${x - 3} ${y - r + 2}l3-3 3 3-3 3z" fill="${CREAM}" opacity=".8"/>`;

export const art = {
  midsommar: bag({
    body: OCHRE,
    label: CREAM,
    ink: ESPRESSO,
    name: 'Midsommar',
    origin: 'ETHIOPIA · GUJI',
    motif: `<circle cx="68" cy="56" r="30" fill="${BRICK}"/>${Array.from({ length: 16 }, (_, i) => `<path d="M66.5 18h3v-9h-3z" fill="${BRICK}" transform="rotate(${i * 22.5} 68 56)"/>`).join('')}${hills(OCHRE, MOSS, ESPRESSO)}`,
  }),
  lingon: bag({
    body: BERRY,
    label: CREAM,
    ink: BERRY,
    name: 'Lingon',
    origin: 'KENYA · NYERI',
    motif: `<path d="M67 14h2v100h-2z" fill="${MOSS}"/>${[38, 66, 94].map((y) => leafPair(y, MOSS)).join('')}${berry(46, 52, 12)}${berry(92, 56, 13)}${berry(56, 84, 13)}${berry(86, 96, 11)}${berry(74, 30, 10)}`,
  }),
  bjork: bag({
    body: '#dccfb6',
    label: MOSS,
    ink: CREAM,
    name: 'Björk',
    origin: 'COLOMBIA · HUILA',
    motif: [20, 52, 84, 116]
      .map(
        (x, i) =>
          `<rect x="${x - 8}" y="0" width="16" height="124" fill="${CREAM}"/>${[8, 30, 47, 70, 88, 110].map((y) => `<path d="M${x - 8} ${(y + i * 13) % 120}h${6 + ((y + i) % 3) * 3}v4h-${5 + ((y + i) % 3) * 2}z" fill="${ESPRESSO}"/>`).join('')}`,
      )
      .join(''),
  }),
  kattegat: bag({
    body: SEA,
    label: CREAM,
    ink: SEA,
    name: 'Kattegat',
    origin: 'GUATEMALA · HUEHUE',
    motif: `<rect width="136" height="124" fill="${CREAM}"/>${scallops}`,
  }),
  fjall: bag({
    body: BRICK,
    label: ESPRESSO,
    ink: CREAM,
    name: 'Fjäll',
    origin: 'HOUSE ESPRESSO',
    motif: `<circle cx="98" cy="34" r="15" fill="${OCHRE}"/><path d="M-4 124 46 36l50 88z" fill="${CLAY}"/><path d="M46 36l14 25-8 6-7-6-8 7-6-5z" fill="${CREAM}"/><path d="M52 124 98 60l44 64z" fill="${BRICK}"/><path d="M98 60l11 16-7 5-5-4-6 5-5-5z" fill="${CREAM}"/>`,
  }),
  polarnatt: bag({
    body: NIGHT,
    label: '#e4d9c6',
    ink: NIGHT,
    name: 'Polarnatt',
    origin: 'DECAF · CAUCA',
    motif: `<rect width="136" height="124" fill="${NIGHT}"/><path d="M80 22a36 36 0 1 0 22 62 30 30 0 1 1-22-62z" fill="${CREAM}"/>${[
      [22, 26, 2.5],
      [112, 30, 2],
      [120, 62, 3],
      [18, 82, 2],
      [96, 48, 2],
      [36, 106, 2.5],
      [116, 104, 2],
    ]
      .map(([x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${OCHRE}"/>`)
      .join('')}`,
  }),
  dripper: frame(`
<path d="M84 92h152l-50 112h-52z" fill="${CLAY}"/><path d="M186 92h50l-50 112h-18z" fill="${BRICK}" opacity=".45"/>
<ellipse cx="160" cy="92" rx="76" ry="13" fill="#b4623f"/><ellipse cx="160" cy="93" rx="64" ry="8.500" fill="${ESPRESSO}"/>
<path d="M234 104c32-4 38 44-18 52l5-12c24-6 24-30 8-28z" fill="${CLAY}"/>
<rect x="104" y="204" width="112" height="15" rx="7" fill="#b4623f"/>
<path d="M112 236h96l-4 70a16 16 0 0 1-16 16h-56a16 16 0 0 1-16-16z" fill="${CREAM}"/>
<path d="M115 270h90l-2.500 36a14 14 0 0 1-15 16h-56a16 16 0 0 1-14-16z" fill="#6b3d24"/>
<path d="M158 219h4v52h-4z" fill="#6b3d24"/><path d="M206 246c30 0 30 44-3 46l1-10c16-2 15-25 1-26z" fill="${CREAM}"/>`),
  kettle: frame(`
<path d="M98 168h118l22 132a20 20 0 0 1-20 22H96a20 20 0 0 1-20-22z" fill="${SEA}"/>
<path d="M190 168h26l22 132a20 20 0 0 1-20 22h-16c12-50 4-104-12-154z" fill="${ESPRESSO}" opacity=".22"/>
<path d="M108 152h98a10 10 0 0 1 10 16H98a10 10 0 0 1 10-16z" fill="#264d52"/>
<rect x="148" y="132" width="18" height="14" rx="3" fill="${OCHRE}"/><path d="M128 152q30-18 58 0z" fill="#264d52"/>
<path d="M84 270c-34 0-32-60-40-106-3-14-12-20-22-20l6-10c22 0 30 14 34 34 6 34 4 66 28 72z" fill="${SEA}"/>
<path d="M214 180c60-18 82 20 70 64-5 18-17 30-29 38l-7-10c10-8 18-18 22-32 8-30-8-50-48-44z" fill="${OCHRE}"/>`),
  mugs: frame(`
<g transform="translate(-8 0)"><path d="M60 206h92v96a20 20 0 0 1-20 20H80a20 20 0 0 1-20-20z" fill="${BRICK}"/><ellipse cx="106" cy="206" rx="46" ry="8" fill="#8a3520"/><ellipse cx="106" cy="207" rx="39" ry="5.500" fill="${ESPRESSO}"/><path d="M64 240h84v10H64zM64 262h84v10H64z" fill="${OCHRE}"/><path d="M62 224c-38-4-38 66 0 64v-13c-20 2-20-40 0-38z" fill="${BRICK}"/></g>
<path d="M170 176h96v126a20 20 0 0 1-20 20h-56a20 20 0 0 1-20-20z" fill="${CREAM}"/><path d="M240 176h26v126a20 20 0 0 1-20 20h-12c10-44 12-100 6-146z" fill="${ESPRESSO}" opacity=".1"/><ellipse cx="218" cy="176" rx="48" ry="8" fill="#d8c9ae"/><ellipse cx="218" cy="177" rx="41" ry="5.500" fill="#6b3d24"/>
<path d="M178 246q10-26 20 0t20 0 20 0 20 0" fill="none" stroke="${MOSS}" stroke-width="7"/><path d="M178 270q10-26 20 0t20 0 20 0 20 0" fill="none" stroke="${MOSS}" stroke-width="7"/>
<path d="M264 204c42-4 42 74 0 72v-14c22 2 22-46 0-44z" fill="${CREAM}"/>
<path class="steam" d="M106 190c-10-16 10-24 0-42M218 158c-12-18 12-28 0-48" fill="none" stroke-width="5" stroke-linecap="round"/>`),
  filters: frame(`
<path d="M70 132h180v176a14 14 0 0 1-14 14H84a14 14 0 0 1-14-14z" fill="${MOSS}"/><path d="M226 132h24v176a14 14 0 0 1-14 14h-10z" fill="${ESPRESSO}" opacity=".2"/>
<path d="M90 132 112 74h96l22 58z" fill="${CREAM}"/><path d="M102 132 120 86h96l14 46z" fill="#e6d8be"/><path d="M116 132 130 96h92l8 36z" fill="${CREAM}"/>
<path d="M70 132h180v14H70z" fill="${ESPRESSO}" opacity=".18"/>
<path d="M112 182h96l-34 80h-28z" fill="${CREAM}"/><path d="M130 182 154 262M160 182v80M190 182 166 262" stroke="${MOSS}" stroke-width="2.500"/>
<text class="bag-name" x="160" y="300" text-anchor="middle" font-size="21" fill="${CREAM}">No. 2 × 100</text>`),
  grinder: frame(`
<path d="M118 62 214 50l2 12-96 12z" fill="${STEEL}"/><circle cx="216" cy="46" r="14" fill="${BRICK}"/><rect x="112" y="58" width="16" height="34" rx="4" fill="${STEEL}"/>
<path d="M92 94h56q14 0 14 14v14H78v-14q0-14 14-14z" fill="#8f8a7f"/>
<g transform="translate(0 0)"><rect x="78" y="122" width="84" height="112" fill="#d9d2c3"/><path d="M138 122h24v112h-24z" fill="${ESPRESSO}" opacity=".14"/><rect x="78" y="166" width="84" height="30" fill="${ESPRESSO}"/><path d="M82 240h76v60a22 22 0 0 1-22 22h-32a22 22 0 0 1-22-22z" fill="#b98a5b"/><path d="M138 240h20v60a22 22 0 0 1-22 22h-6c6-24 8-54 8-82z" fill="${ESPRESSO}" opacity=".2"/><rect x="76" y="232" width="88" height="10" rx="3" fill="#8f8a7f"/></g>
${[
  [206, 306, -20],
  [236, 298, 30],
  [228, 318, 80],
  [262, 314, -10],
  [190, 320, 60],
]
  .map(
    ([x, y, turn]) =>
      `<g transform="translate(${x} ${y}) rotate(${turn})"><ellipse rx="13" ry="9" fill="#5a3320"/><path d="M-12 1q6-5 12 0t12 0" fill="none" stroke="${ESPRESSO}" stroke-width="2"/></g>`,
  )
  .join('')}`),
  sampler: frame(`
<path d="M52 196h216v112a14 14 0 0 1-14 14H66a14 14 0 0 1-14-14z" fill="#c59a6a"/>
${[
  [66, OCHRE, BRICK],
  [131, SEA, CREAM],
  [196, BERRY, CREAM],
]
  .map(
    ([x, color, dot]) =>
      `<path d="M${x} 118h58v90h-58z" fill="${color}"/><path d="M${x} 102h58v18h-58z" fill="${color}"/><path d="M${x} 102h58v18h-58z" fill="${ESPRESSO}" opacity=".25"/><rect x="${Number(x) + 10}" y="134" width="38" height="48" fill="${CREAM}"/><circle cx="${Number(x) + 29}" cy="158" r="13" fill="${dot === CREAM ? color : dot}"/>`,
  )
  .join('')}
<path d="M52 196h216v112a14 14 0 0 1-14 14H66a14 14 0 0 1-14-14z" fill="#c59a6a"/><path d="M52 196h216v10H52z" fill="${ESPRESSO}" opacity=".16"/>
<path d="M148 196h24v126h-24z" fill="${CREAM}"/><path d="M52 252h216v16H52z" fill="${CREAM}"/><path d="M160 252c-24-30-52-16-40 0 8 10 28 6 40 8 12-2 32 2 40-8 12-16-16-30-40 0z" fill="${BRICK}"/>`),
} as const;

/** The big picture of the home page: morning light in a roastery's arched window. */
export const morning: Html = raw(`<svg class="morning" viewBox="0 0 560 600" aria-hidden="true" focusable="false">
<defs><clipPath id="arch"><path d="M40 600V270a240 240 0 0 1 480 0v330z"/></clipPath></defs>
<g clip-path="url(#arch)">
<rect class="sky" width="560" height="600"/>
<circle cx="352" cy="236" r="92" fill="${OCHRE}"/><circle cx="352" cy="236" r="64" fill="#e8b25c"/>
<path d="M0 372q110-96 220-40t180-50 160 6v312H0z" fill="${CLAY}"/>
<path d="M0 424q150-70 280-14t280-30v220H0z" fill="${BRICK}"/>
<path d="M0 476q120-44 250-8t310-22v160H0z" fill="${MOSS}"/>
${[
  [86, 420, 1],
  [124, 442, 0.8],
  [446, 400, 1.1],
  [494, 428, 0.8],
  [408, 436, 0.7],
]
  .map(
    ([x, y, size]) =>
      `<g transform="translate(${x} ${y}) scale(${size})"><path d="M-3 30h6v30h-6z" fill="${ESPRESSO}"/><path d="M0-62 26 34h-52z" fill="#3e4c31"/><path d="M0-62 26 34H0z" fill="${ESPRESSO}" opacity=".2"/></g>`,
  )
  .join('')}
<path d="M0 536h560v64H0z" fill="${ESPRESSO}"/><path d="M0 528h560v12H0z" fill="#6b3d24"/>
</g>
<ellipse cx="236" cy="536" rx="132" ry="14" fill="#e6d8be"/><ellipse cx="236" cy="532" rx="132" ry="14" fill="${CREAM}"/><ellipse cx="236" cy="531" rx="66" ry="6" fill="#d8c9ae"/>
<path d="M148 404h176v52a76 76 0 0 1-76 76h-24a76 76 0 0 1-76-76z" fill="${CREAM}"/><path d="M290 404h34v52a76 76 0 0 1-76 76h-10c38-22 52-78 52-128z" fill="${ESPRESSO}" opacity=".1"/>
<ellipse cx="236" cy="404" rx="88" ry="15" fill="#e6d8be"/><ellipse cx="236" cy="405" rx="76" ry="10.500" fill="#6b3d24"/><path d="M196 405q20-8 40 0t40 0" fill="none" stroke="${CLAY}" stroke-width="4"/>
<path d="M320 420c56-10 56 72-10 72l6-14c36-2 36-50 2-44z" fill="${CREAM}"/>
<path d="M152 448q14-22 28 0t28 0 28 0 28 0 28 0 24 0" fill="none" stroke="${SEA}" stroke-width="8"/>
<path class="steam" d="M206 374c-22-30 22-46 0-82M262 374c-20-26 20-40 0-70" fill="none" stroke-width="8" stroke-linecap="round"/>
</svg>`);

export const brand: Html = raw(
  `<svg class="wordmark" viewBox="0 0 150 40" aria-hidden="true" focusable="false"><circle cx="20" cy="21" r="15" fill="${OCHRE}"/><path d="M5 22h30a15 15 0 0 1-30 0z" fill="${BRICK}"/><path d="M5 24q7.500-7 15 0t15 0v3q-7.500 7-15 0t-15 0z" fill="${ESPRESSO}" class="wordmark-wave"/><text x="46" y="31" font-size="32" class="wordmark-text">crema</text></svg>`,
);
