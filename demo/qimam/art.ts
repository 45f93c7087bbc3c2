import { type Html, raw } from '../shop/html.ts';

/**
 * Qimam's drawings: gear in hard facets of one orange, before the contour lines of a map. The colors are classes, so
 * that the stylesheet can turn them for the dark.
 */

const frame = (content: string): Html =>
  raw(
    `<svg viewBox="0 0 320 320" aria-hidden="true" focusable="false"><use href="#contours"/><path class="q-shade" d="M48 268h224l14 12H34z"/>${content}</svg>`,
  );

const CONTOURS = [
  'M-10 70c60-40 110 20 170-6s90-70 190-30',
  'M-10 96c66-36 116 18 176-8s86-58 174-26',
  'M-10 124c70-30 120 14 178-8s84-46 162-20',
  'M-10 226c50 20 96-34 156-18s110 40 190-4',
  'M-10 252c56 20 100-30 158-16s112 36 188 0',
  'M-10 200c46 18 92-40 154-22s108 46 192-8',
  'M196 150c10-22 52-26 62-4s-14 40-36 36-34-14-26-32z',
  'M210 152c6-12 30-14 36-2s-10 22-22 20-19-8-14-18z',
  'M60 156c8-16 40-18 46-2s-14 28-28 24-24-10-18-22z',
];

/** Drawn once a page and used by every picture. */
export const symbols: Html = raw(
  `<svg class="visually-hidden" width="0" height="0" aria-hidden="true" focusable="false"><defs><g id="contours" class="q-contours">${CONTOURS.map((line) => `<path d="${line}"/>`).join('')}</g></defs></svg>`,
);

const coil = Array.from(
  { length: 7 },
  (_, i) => `<ellipse class="${i % 2 ? 'q-rope-2' : 'q-rope-1'}" cx="${160 + (i - 3) * 9}" cy="176" rx="58" ry="86"/>`,
).join('');

export const art = {
  tent: frame(`<path class="q-line" d="M150 84 24 276M150 84l146 192"/>
<path class="q-orange" d="M44 268 150 84l126 184z"/><path class="q-orange-2" d="M150 84l126 184h-68z"/><path class="q-dark" d="M104 268l46-140 30 140z"/><path class="q-sand" d="M150 128l30 140h30z"/><path class="q-white" d="M150 84 44 268h14L150 106l4-15z"/><path class="q-dark" d="M146 66h8v30h-8z"/>`),
  'sleeping-bag':
    frame(`<path class="q-orange" d="M112 108c0-42 22-62 48-62s48 20 48 62c10 40 0 128-18 150-14 14-46 14-60 0-18-22-28-110-18-150z"/><path class="q-orange-2" d="M160 46c26 0 48 20 48 62 10 40 0 128-18 150-7 7-19 10-30 10z"/>
<ellipse class="q-dark" cx="160" cy="100" rx="31" ry="36"/><ellipse class="q-sand" cx="160" cy="112" rx="24" ry="24"/><path class="q-line" d="M108 148q52 20 104 0M109 178q51 20 102 0M114 208q46 18 92 0M121 238q39 15 78 0"/><path class="q-white" d="M158 138h4v112h-4z"/>`),
  backpack: frame(`<path class="q-line-thick" d="M118 92c-44 20-50 120-14 160M202 92c44 20 50 120 14 160"/>
<path class="q-orange" d="M104 106 124 68h72l20 38v148l-14 16h-84l-14-16z"/><path class="q-orange-2" d="M196 68l20 38v148l-14 16h-26l14-164z"/><path class="q-dark" d="M96 84l28-30h72l28 30-10 30H106z"/><path class="q-sand" d="M138 54c0-16 44-16 44 0h-8c0-6-28-6-28 0z"/>
<path class="q-dark" d="M118 178h84v62l-10 12h-64l-10-12z"/><path class="q-white" d="M118 192h84v6h-84z"/><path class="q-sand" d="M152 104h16v26h-16z"/><path class="q-line" d="M126 130h68M126 142h68M126 154h68"/>
<path class="q-mid" d="M212 182h22v68h-22z"/><path class="q-white" d="M216 170h14v12h-14z"/>`),
  boots:
    frame(`<path class="q-orange" d="M102 62h78l4 96c20 20 62 24 84 50 8 10 10 22 8 34H96c-4-60 6-120 6-180z"/><path class="q-orange-2" d="M102 62h34c-6 60 4 120-6 180H96c-4-60 6-120 6-180z"/><path class="q-dark" d="M216 186c20 6 42 10 54 26 6 9 8 20 6 30h-74c-4-24 2-42 14-56z"/>
<path class="q-sand" d="M98 54h86v22H98z"/><path class="q-white" d="M150 92l38 6v8l-38-6zM148 116l40 6v8l-40-6zM150 140l42 8 4 8-46-8zM158 164l50 8 8 10-56-10z"/><path class="q-dark" d="M88 240h194v20l-10 10h-18l-6-8h-18l-6 8h-24l-6-8h-20l-6 8h-24l-6-8h-18l-6 8H88z"/>`),
  jacket:
    frame(`<path class="q-orange" d="M118 92 70 118 46 236l36 10 22-80v102h112V166l22 80 36-10-24-118-48-26z"/><path class="q-orange-2" d="M160 100l42-8 48 26 24 118-36 10-22-80v102h-56z"/><path class="q-dark" d="M118 92c4-40 24-52 42-52s38 12 42 52l-42 22z"/><path class="q-sand" d="M134 88c2-22 12-32 26-32s24 10 26 32l-26 14z"/>
<path class="q-white" d="M157 108h6v160h-6z"/><path class="q-dark" d="M46 236l36 10-4 14-36-10zM274 236l-36 10 4 14 36-10zM104 256h112v12H104z"/><path class="q-white" d="M176 150h28v5h-28zM118 206l20 22-4 4-20-22zM202 206l-20 22 4 4 20-22z"/>`),
  headlamp:
    frame(`<path class="q-beam" d="M132 150 8 84v188l124-64z"/><ellipse class="q-band" cx="196" cy="178" rx="82" ry="58"/><ellipse class="q-band-2" cx="196" cy="164" rx="70" ry="40"/>
<path class="q-dark" d="M120 132h64l12 14v66l-12 14h-64l-8-12v-70z"/><path class="q-orange" d="M132 140h46l10 12v54l-10 12h-46l-6-10v-58z"/><circle class="q-dark" cx="152" cy="179" r="26"/><circle class="q-white" cx="152" cy="179" r="18"/><circle class="q-sand" cx="152" cy="179" r="9"/><path class="q-dark" d="M168 126h16v10h-16z"/>`),
  bottle:
    frame(`<path class="q-line-thick" d="M142 60c0-30 46-30 46 0"/><path class="q-dark" d="M132 58h56v30h-56z"/><path class="q-white" d="M132 70h56v5h-56z"/><path class="q-orange" d="M124 96h72l14 22v140l-10 12h-80l-10-12V118z"/><path class="q-orange-2" d="M176 96h20l14 22v140l-10 12h-24z"/>
<path class="q-white" d="M126 206l24-50 14 26 12-18 22 42z"/><path class="q-dark" d="M110 232h100v12H110z"/><path class="q-white" d="M118 122h7v74h-7z"/>`),
  stove:
    frame(`<path class="q-flame" d="M160 34c6 30 36 44 34 78-1 22-17 32-34 32s-33-10-34-32c0-18 10-22 14-40 8 8 12 12 14 22 8-16 10-36 6-60z"/><path class="q-white" d="M160 96c4 14 14 18 13 32 0 10-6 14-13 14s-13-4-13-14c0-12 11-16 13-32z"/>
<path class="q-dark" d="M92 132h22v14h92v-14h22v26H92zM138 158h44l-8 26h-28z"/><path class="q-line-thick" d="M182 172h52"/><path class="q-sand" d="M230 162h22v20h-22z"/><path class="q-mid" d="M140 182h40v14h-40z"/><path class="q-orange" d="M116 196h88l18 20v44l-10 10H108l-10-10v-44z"/><path class="q-orange-2" d="M184 196h20l18 20v44l-10 10h-28z"/><path class="q-white" d="M98 228h124v14H98z"/>`),
  poles:
    frame(`<g transform="rotate(14 160 160)"><path class="q-mid" d="M122 90h8v112h-8z"/><path class="q-orange" d="M123.500 196h5v84h-5z"/><path class="q-dark" d="M114 34h24l-3 58h-18z"/><path class="q-sand" d="M116 56h20l-1 10h-18z"/><path class="q-line-thick" d="M114 42c-30 14-20 60 2 46"/><path class="q-dark" d="M112 254h28l-6 10h-16zM118 150h16v12h-16z"/></g>
<g transform="rotate(-14 160 160)"><path class="q-mid" d="M190 90h8v112h-8z"/><path class="q-orange" d="M191.500 196h5v84h-5z"/><path class="q-dark" d="M182 34h24l-3 58h-18z"/><path class="q-sand" d="M184 56h20l-1 10h-18z"/><path class="q-line-thick" d="M206 42c30 14 20 60-2 46"/><path class="q-dark" d="M180 254h28l-6 10h-16zM186 150h16v12h-16z"/></g>`),
  rope: frame(
    `${coil}<path class="q-dark" d="M102 92h116v10H102zM102 114h116v10H102z"/><path class="q-orange-2" d="M100 100h120v16H100z"/><path class="q-rope-1" d="M160 100c0-60 60-60 60-20M210 256c20 20 44 14 52-4"/>`,
  ),
  dallah: frame(
    `<path class="q-dark" d="M152 44h16v16h-16z"/><path class="q-sand" d="M126 96c2-26 18-40 34-40s32 14 34 40z"/><path class="q-orange" d="M124 96h72l-10 40c34 20 46 60 40 96l-20 38h-92l-20-38c-6-36 6-76 40-96z"/><path class="q-orange-2" d="M172 96h24l-10 40c34 20 46 60 40 96l-20 38h-34c26-40 22-92 4-134z"/><path class="q-orange" d="M130 124 70 92l-14 6 34 26c6 24 14 40 26 52z"/><path class="q-dark" d="M190 110c70-16 86 90 26 128l-8-14c38-26 30-106-20-98z"/><path class="q-white" d="M132 130h56l3 7h-62z"/><path class="q-white" d="M104 214l28-40 16 22 12-14 30 32z"/><path class="q-dark" d="M96 236h128l-4 10H100z"/>`,
  ),
  map: frame(
    `<path class="q-white" d="M44 92l58-26v180l-58 26zM160 92l58-26v180l-58 26z"/><path class="q-sand" d="M102 66l58 26v180l-58-26zM218 66l58 26v180l-58-26z"/><path class="q-orange" d="M44 214q40-60 60-30t56-20 58 0 58-70v-2l-58-26-58 26-58-26-58 26z" opacity=".35"/><path class="q-line" d="M52 232q36-52 52-32t56-10 58-10 50-44M52 196q40-50 56-20t52-14 60-20 44-34"/><path class="q-route" d="M66 240c40-10 20-54 58-60s40 40 68 10 20-54 56-76"/><path class="q-orange-2" d="M248 66c18 0 24 22 0 50-24-28-18-50 0-50z"/><circle class="q-white" cx="248" cy="84" r="7"/><circle class="q-dark" cx="66" cy="240" r="8"/>`,
  ),
} as const;

/** The home page's range: four faces of rock, lit from the right, and a small orange tent. */
export const range: Html =
  raw(`<svg class="range" viewBox="0 0 1200 620" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false">
<g class="range-contours"><path d="M-20 150c200-90 360 60 560-10s340-140 700-20M-20 110c210-90 370 50 570-16s350-140 700-34M-20 70c220-90 380 44 580-22s360-130 690-44M-20 190c190-80 350 70 550 0s330-140 710-6"/></g>
<path class="face-4" d="M0 400 120 250l110 90 110-120 160 180 150 90 110-30 120 60 140-40 280 40v300H0z"/>
<path class="face-3" d="M150 620 480 110l130 190 60-30 250 350z"/><path class="face-3-lit" d="M480 110l130 190 60-30 250 350H600l-60-150 40-60-60-80z"/>
<path class="snow" d="M480 110 396 236l40-14 30 42 40-46 36 40 40 0z"/><path class="snow-2" d="M480 110l102 148-40 0-36-40-14-40z"/>
<path class="face-2" d="M-60 620V480l170-130 90 110 50-30 200 190z"/><path class="face-2-lit" d="M110 350l90 110 50-30 200 190H230l-40-90z"/>
<path class="face-2" d="M800 620l170-100 70 30 160-50v120z"/><path class="face-2-lit" d="M970 520l70 30 160-50v120h-140z"/>
<path class="face-1" d="M0 620v-60l240 10 160-30 220 40 240-20 340 20v40z"/>
<path class="tent-1" d="M576 578l52-70 60 70z"/><path class="tent-2" d="M628 508l60 70h-36z"/><path class="tent-3" d="M610 578l18-46 12 46z"/>
</svg>`);

export const brand: Html = raw(
  `<svg class="wordmark" viewBox="0 0 128 44" aria-hidden="true" focusable="false"><path class="mark-1" d="M84 38 104 6l20 32z"/><path class="mark-2" d="M104 6l20 32h-14l-12-16z"/><text x="76" y="33" font-size="27" text-anchor="start" direction="rtl" class="wordmark-text">قمم</text></svg>`,
);
