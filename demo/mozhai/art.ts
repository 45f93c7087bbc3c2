import { type Html, raw } from '../shop/html.ts';

/**
 * Mozhai's drawings: thread-bound books seen from the front, with a title slip and an ink drawing on the cover. All in
 * the same 300 × 400 frame, so that they stand in a row like books on a shelf.
 */

const PAPER = '#f3ead7';
const INK = '#1d1c1a';
const CINNABAR = '#a63a2b';

interface Cover {
  readonly title: string;
  /** Cover paper. */
  readonly paper: string;
  /** Ink of the drawing. */
  readonly ink: string;
  /** Drawn in the cover's 216 × 324 box; `currentColor` is the ink. */
  readonly drawing: string;
}

function book({ title, paper, ink, drawing }: Cover): Html {
  const characters = [...title];
  const size = characters.length > 3 ? 22 : 27;
  const step = size + 4;
  const slip = characters.length * step + 18;
  return raw(`<svg viewBox="0 0 300 400" aria-hidden="true" focusable="false">
<path class="book-shadow" d="M52 372h206l14 8H66z"/>
<path d="M46 40h6v332h-6zM52 366h200v8H52z" fill="${PAPER}"/><path d="M48 40v330M50 40v330M52 369h200M52 372h200" stroke="#b9a98a" stroke-width=".8"/>
<rect x="52" y="34" width="208" height="334" fill="${paper}"/>
<svg x="52" y="34" width="208" height="334" viewBox="0 0 216 324" preserveAspectRatio="xMidYMax slice" color="${ink}">${drawing}</svg>
<path d="M238 34v334" stroke="${PAPER}" stroke-width="1.6"/>${[66, 130, 201, 272, 336].map((y) => `<path d="M238 ${y}h22" stroke="${PAPER}" stroke-width="1.6"/><circle cx="238" cy="${y}" r="2" fill="${INK}"/>`).join('')}<path d="M254 34v32M254 336v32" stroke="${PAPER}" stroke-width="1.6"/>
<path d="M254 34h6v334h-6z" fill="${INK}" opacity=".14"/>
<rect x="68" y="52" width="46" height="${slip}" fill="${PAPER}"/><rect x="71.5" y="55.500" width="39" height="${slip - 7}" fill="none" stroke="${INK}" stroke-width="1.4"/>
${characters.map((character, index) => `<text class="slip" x="91" y="${66 + size * 0.8 + index * step}" font-size="${size}" text-anchor="middle" fill="${INK}">${character}</text>`).join('')}
</svg>`);
}

const ridge = (y: number, opacity: number, wobble: number) =>
  `<path d="M0 ${y + 30}c${20 + wobble} -34 ${34 + wobble} -60 52 -58s26 30 44 34 22-52 46-56 30 40 44 46 20-12 30-14v360H0z" fill="currentColor" opacity="${opacity}"/>`;

/** One orchid leaf from the common root: out by `reach`, up by `height`, bending over at the end. */
const blade = (reach: number, height: number) =>
  `<path d="M108 322q${(reach * 0.2).toFixed(1)} ${-height} ${reach} ${-height} ${(-reach * 0.66).toFixed(1)} ${Math.round(height * 0.2)} ${8 - reach} ${height}z" fill="currentColor"/>`;

const leaf = (x: number, y: number, turn: number, length = 44) =>
  `<path transform="translate(${x} ${y}) rotate(${turn})" d="M0 0c${length * 0.3}-7 ${length * 0.7}-6 ${length} 0-${length * 0.3} 6-${length * 0.7} 6-${length} 0z" fill="currentColor"/>`;

const blossom = (x: number, y: number, r: number, color = CINNABAR) =>
  `<g transform="translate(${x} ${y})">${[0, 72, 144, 216, 288].map((turn) => `<circle transform="rotate(${turn}) translate(0 ${-r})" r="${r * 0.78}" fill="${color}"/>`).join('')}<circle r="${r * 0.42}" fill="${PAPER}"/></g>`;

const wave = (y: number, opacity: number) =>
  `<path d="M-12 ${y}${'q12 -15 24 0t24 0'.repeat(5)}" fill="none" stroke="currentColor" stroke-width="2.2" opacity="${opacity}"/>`;

const reed = (x: number, height: number, bend: number) =>
  `<path d="M${x} 324q${bend * 0.2} ${-height * 0.6} ${bend} ${-height}" fill="none" stroke="currentColor" stroke-width="2"/><path d="M${x + bend} ${324 - height}c-9-15-5-33 7-47 7 16 4 34-7 47z" fill="currentColor"/>`;

export const art = {
  'shan-hai-jing': book({
    title: '山海经',
    paper: '#2e4257',
    ink: '#dfe3e0',
    drawing: `<circle cx="158" cy="120" r="24" fill="${CINNABAR}"/>${ridge(190, 0.25, 0)}${ridge(222, 0.4, 8)}${wave(282, 0.9)}${wave(296, 0.9)}${wave(310, 0.9)}`,
  }),
  'fu-sheng-liu-ji': book({
    title: '浮生六记',
    paper: '#cdb893',
    ink: '#2b2622',
    drawing: `<path d="M230 318c-50-10-74-44-82-84s-18-58-52-72c40 6 56 24 66 54 4-24 0-46-14-68 24 18 30 48 26 84 8 32 28 58 60 70z" fill="currentColor"/><path d="M160 262c-28 4-52-4-74-24 30 12 50 14 72 10z" fill="currentColor"/>${blossom(98, 160, 8)}${blossom(146, 148, 9)}${blossom(88, 236, 8)}${blossom(178, 214, 7)}${blossom(124, 196, 6)}${blossom(118, 254, 5)}`,
  }),
  'tao-an-meng-yi': book({
    title: '陶庵梦忆',
    paper: '#5d6f76',
    ink: '#f0efe9',
    drawing: `${ridge(196, 0.22, 4)}<path d="M0 262q110-14 216 2v70H0z" fill="currentColor" opacity=".9"/><g fill="${INK}"><path d="M112 214c18-4 26-12 30-20 4 8 12 16 30 20zM122 216h40v6h-40zM126 222h4v30h-4zM154 222h4v30h-4zM118 252h48v5h-48z"/><path d="M48 286c18 6 40 6 60 0-6 12-16 15-30 15s-24-3-30-15zM70 286v-10h14v10z"/></g>${[30, 64, 100, 146, 186, 20, 120, 196, 168, 84].map((x, i) => `<circle cx="${x}" cy="${130 + ((i * 37) % 100)}" r="${1.6 + (i % 3) * 0.7}" fill="currentColor"/>`).join('')}`,
  }),
  'ren-jian-ci-hua': book({
    title: '人间词话',
    paper: '#39404a',
    ink: '#e6e1d3',
    drawing: `<circle cx="150" cy="150" r="42" fill="currentColor"/><path d="M-6 100c60 0 96 20 120 74" fill="none" stroke="${INK}" stroke-width="7"/>${[
      [40, 108],
      [66, 120],
      [90, 140],
      [110, 168],
    ]
      .map(
        ([x = 0, y = 0], i) =>
          `<path d="M${x} ${y}c-6 40 4 70-4 ${130 - i * 16}" fill="none" stroke="currentColor" stroke-width="1.6"/>${[24, 46, 68, 90].map((drop) => leaf(x - 1, y + drop, 108 + (drop % 3) * 14, 22)).join('')}`,
      )
      .join('')}`,
  }),
  'cha-jing': book({
    title: '茶经',
    paper: '#5a6a4b',
    ink: '#eee7d2',
    drawing: `<path d="M54 246h118c0 34-22 58-44 60v8H98v-8c-22-2-44-26-44-60z" fill="currentColor"/><ellipse cx="113" cy="246" rx="59" ry="10" fill="${PAPER}"/><ellipse cx="113" cy="247" rx="49" ry="7" fill="#8a8a3f"/><path d="M96 226c-12-22 12-30 0-54M128 222c-12-22 12-30 0-58" fill="none" stroke="currentColor" stroke-width="3" stroke-linecap="round"/>${leaf(146, 160, -50, 48)}${leaf(146, 160, -8, 40)}${leaf(146, 160, -92, 34)}`,
  }),
  'shi-shuo-xin-yu': book({
    title: '世说新语',
    paper: '#d8ceb4',
    ink: '#28302a',
    drawing: `${[150, 182]
      .map((x, i) =>
        [0, 1, 2, 3, 4, 5]
          .map(
            (n) =>
              `<path d="M${x + n * (i ? -2 : 2)} ${318 - n * 52}l${i ? -2 : 2}-48h${9 - n}l${i ? 2 : -2} 48z" fill="currentColor" opacity="${i ? 0.45 : 1}"/>`,
          )
          .join(''),
      )
      .join(
        '',
      )}${leaf(156, 168, 160, 60)}${leaf(156, 168, 138, 54)}${leaf(156, 168, 184, 48)}${leaf(160, 118, 40, 50)}${leaf(160, 118, 66, 46)}${leaf(154, 222, 150, 62)}${leaf(154, 222, 128, 50)}${leaf(188, 200, 50, 40)}${leaf(154, 270, 170, 46)}`,
  }),
  'chu-ci': book({
    title: '楚辞',
    paper: '#6e3b33',
    ink: '#f0dfc4',
    drawing: `${blade(-92, 96)}${blade(-66, 150)}${blade(-34, 196)}${blade(6, 214)}${blade(40, 178)}${blade(70, 132)}${blade(90, 84)}<path d="M112 320c4-60 16-110 44-150M110 320c-4-50-10-90-30-120" fill="none" stroke="currentColor" stroke-width="1.8"/>${blossom(160, 160, 9, '#e0a08a')}${blossom(76, 192, 8, '#e0a08a')}${blossom(140, 200, 6, '#e0a08a')}`,
  }),
  'liao-zhai': book({
    title: '聊斋志异',
    paper: '#262a33',
    ink: '#ded5c0',
    drawing: `<circle cx="164" cy="132" r="30" fill="currentColor" opacity=".9"/><circle cx="152" cy="124" r="28" fill="#262a33"/><path d="M60 316c-8-60 18-88 44-104l-10-32 24 20c8-2 16-2 24 0l22-22-4 36c10 12 8 26-4 32l-22 10c18 22 22 42 18 60 22-8 36-30 30-58 22 30 14 58-14 66z" fill="${CINNABAR}"/><path d="M118 226l8 4-8 3zM144 226l-8 4 8 3z" fill="#262a33"/><path d="M184 256c10 20 6 40-6 48 0-18 0-32 6-48z" fill="${PAPER}"/>`,
  }),
  'meng-xi': book({
    title: '梦溪笔谈',
    paper: '#36505a',
    ink: '#e9e2cf',
    drawing: `<g fill="none" stroke="currentColor" stroke-width="1.6"><circle cx="118" cy="232" r="78"/><circle cx="118" cy="232" r="56"/><circle cx="118" cy="232" r="32"/><path d="M118 154v156M40 232h156M63 177l110 110M173 177 63 287" opacity=".5"/></g>${[
      [118, 176],
      [146, 184],
      [166, 208],
      [150, 232],
      [128, 262],
      [96, 280],
      [70, 262],
    ]
      .map(([x, y]) => `<circle cx="${x}" cy="${y}" r="4.500" fill="${PAPER}"/>`)
      .join(
        '',
      )}<path d="M118 176l28 8 20 24-16 24-22 30-32 18-26-18" fill="none" stroke="${PAPER}" stroke-width="1.4"/><circle cx="118" cy="232" r="9" fill="${CINNABAR}"/>`,
  }),
  'shi-jing': book({
    title: '诗经',
    paper: '#b9a16f',
    ink: '#2d2a20',
    drawing: `${wave(262, 0.35)}${wave(280, 0.35)}${wave(298, 0.35)}${reed(40, 150, 16)}${reed(58, 110, 26)}${reed(24, 96, -8)}${reed(186, 120, -22)}${reed(198, 84, 8)}<g transform="translate(-22 0)"><path d="M118 240c0-44 22-50 20-82-1-12 8-20 18-16l14 6-14 5c-6 18 8 30 4 52 22 4 40 20 50 40-34 16-72 16-92-5z" fill="${PAPER}"/><path d="M168 246c16-10 34-8 44-2-10 14-28 14-44 2z" fill="currentColor"/><path d="M150 142c2-4 8-5 12-1l-6 5z" fill="${CINNABAR}"/><path d="M146 250v36M158 252v34" stroke="currentColor" stroke-width="2"/></g>`,
  }),
} as const;

/** The home page's hand scroll: mountains in five washes, a boat, a red sun. */
export const landscape: Html =
  raw(`<svg class="landscape" viewBox="0 0 900 480" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
<circle class="sun" cx="642" cy="132" r="46"/>
<g class="washes">
<path class="wash-1" d="M0 300c60-20 90-110 150-122s70 60 120 66 70-130 140-142 84 100 134 110 66-50 112-56 74 62 124 66 80-30 120-34v300H0z"/>
<path class="wash-2" d="M0 340c50-8 92-74 136-70s60 56 110 56 92-96 146-98 78 78 130 84 100-62 150-60 70 50 110 52 78-22 118-24v220H0z"/>
<path class="wash-3" d="M0 402c70-10 92-64 150-62s88 54 150 54 110-40 170-38 90 36 150 36 110-50 166-48 70 20 114 22v130H0z"/>
</g>
<path class="mist" d="M0 392c200-24 320 20 500 4s280-24 400-8v44H0z"/>
<path class="wash-4" d="M900 330c-36 6-60 40-88 60s-60 26-96 44 20 30 184 46z"/>
<g class="pines">
<path d="M812 394c-6-40 4-80-8-116 12 34 10 78 14 114zM804 286c-30-8-46 0-54 10 20-4 36-2 54-2zM806 306c24-16 44-12 56-2-20-2-36 4-54 8zM808 334c-30-12-52-4-64 8 24-4 44 0 64 2zM810 352c22-14 40-10 50-2-18 0-34 4-50 8z"/>
</g>
<g class="boat"><path d="M214 432c34 10 78 10 112 0-10 18-30 22-56 22s-46-4-56-22z"/><path d="M258 434c2-18 8-26 26-26s20 10 22 26z"/><path d="M240 434l2-24 6-6 5 6 3 24zM249 410a6 6 0 1 1 .1 0zM232 400l-18 46" fill-rule="evenodd"/><path class="pole" d="M252 398 198 452"/></g>
<path class="ripples" d="M150 462h90M260 468h120M420 458h70M600 466h90"/>
<g class="birds"><path d="M470 104q10-12 20 0 10-12 20 0M520 128q7-9 14 0 7-9 14 0M446 134q6-8 12 0 6-8 12 0"/></g>
</svg>`);

export const brand: Html = raw(
  `<svg class="wordmark" viewBox="0 0 112 40" aria-hidden="true" focusable="false"><rect x="1" y="3" width="34" height="34" fill="${CINNABAR}"/><rect x="4" y="6" width="28" height="28" fill="none" stroke="${PAPER}" stroke-width="1.2"/><text x="18" y="27.500" font-size="20" text-anchor="middle" fill="${PAPER}" class="slip">墨</text><text x="46" y="31" font-size="29" class="wordmark-text">墨斋</text></svg>`,
);
