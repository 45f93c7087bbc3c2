import { assert } from './support/assert.ts';
import { openPage, type ShopPage, shownText, until } from './support/page.ts';

/**
 * Pages whose own scripts and policies work against us. On each: the right number or the shop's own text, never another
 * number; no error in the page; its natives, globals and styles as they were.
 */

const RIGHT = '1,250 beans';
const FALLBACK = 'Join';

/** What a page does before our script starts. `must` is what is shown, where that is certain. */
const hostile: readonly { readonly what: string; readonly head: string; readonly must?: string }[] = [
  { what: 'nothing unusual', head: '', must: RIGHT },
  ...[
    'noAccessor',
    'state',
    'attribute',
    'converter',
    'hasChanged',
    'reflect',
    'type',
    'renderBefore',
    'creationScope',
    'isConnected',
    'host',
    'get',
    'set',
    'value',
    'enumerable',
    'writable',
    'account',
    'balance',
    'available',
    'stale',
    'pending',
    'program',
    'length',
    'other',
    'one',
    'raw',
    'strings',
    '_$litType$',
  ].map((name) => ({
    what: `Object.prototype.${name}`,
    head: `<script>Object.prototype[${JSON.stringify(name)}] = 5</script>`,
    // Lit takes every number that is drawn for a template then, and draws none.
    ...(name !== 'strings' && { must: RIGHT }),
  })),
  {
    what: 'enumerable junk on Array.prototype',
    head: '<script>Array.prototype.remove = function () {}; Array.prototype.last = 7</script>',
    must: RIGHT,
  },
  {
    what: 'Array.from of another age',
    head: '<script>Array.from = function (x) { return [].concat(x) }</script>',
    must: RIGHT,
  },
  { what: 'Array.isArray that lies', head: '<script>Array.isArray = () => false</script>' },
  {
    what: 'JSON.parse that counts',
    head: '<script>{ const p = JSON.parse; JSON.parse = (...a) => p(...a) }</script>',
    must: RIGHT,
  },
  { what: 'JSON that is gone', head: '<script>delete window.JSON</script>', must: FALLBACK },
  {
    what: 'JSON.parse that throws',
    head: '<script>JSON.parse = () => { throw new Error("no") }</script>',
    must: FALLBACK,
  },
  { what: 'JSON.parse that gives nothing', head: '<script>JSON.parse = () => null</script>', must: FALLBACK },
  {
    what: 'Prototype.js: toJSON on arrays',
    head: '<script>Array.prototype.toJSON = function () { return "[" + this.join() + "]" }; Object.prototype.toJSON = undefined</script>',
    must: RIGHT,
  },
  { what: 'fetch that is gone', head: '<script>window.fetch = undefined</script>', must: FALLBACK },
  {
    what: 'fetch that throws',
    head: '<script>window.fetch = () => { throw new Error("no") }</script>',
    must: FALLBACK,
  },
  { what: 'fetch that gives no response', head: '<script>window.fetch = async () => ({})</script>', must: FALLBACK },
  {
    what: 'fetch that wraps',
    head: '<script>{ const f = window.fetch; window.fetch = function () { return f.apply(this, arguments) } }</script>',
    must: RIGHT,
  },
  {
    what: 'Promise.prototype.then that wraps',
    head: '<script>{ const t = Promise.prototype.then; Promise.prototype.then = function (...a) { return t.apply(this, a) } }</script>',
    must: RIGHT,
  },
  {
    what: 'customElements.define that throws',
    head: '<script>customElements.define = () => { throw new Error("no") }</script>',
    must: FALLBACK,
  },
  {
    what: 'customElements.define that does nothing',
    head: '<script>customElements.define = () => {}</script>',
    must: FALLBACK,
  },
  {
    what: 'customElements.get that knows everything',
    head: '<script>customElements.get = () => HTMLElement</script>',
    must: FALLBACK,
  },
  {
    what: 'our tag taken by another',
    head: '<script>customElements.define("laurel-points-badge", class extends HTMLElement {})</script>',
    must: FALLBACK,
  },
  { what: 'MutationObserver that is gone', head: '<script>delete window.MutationObserver</script>' },
  { what: 'IntersectionObserver that is gone', head: '<script>delete window.IntersectionObserver</script>' },
  {
    what: 'WeakSet, WeakMap and Set that throw',
    head: '<script>WeakSet = WeakMap = Set = class { constructor() { throw new Error("no") } }</script>',
    must: FALLBACK,
  },
  {
    what: 'attachShadow that throws',
    head: '<script>Element.prototype.attachShadow = () => { throw new Error("no") }</script>',
    must: FALLBACK,
  },
  {
    what: 'shadow roots that are closed',
    head: '<script>{ const a = Element.prototype.attachShadow; Element.prototype.attachShadow = function () { return a.call(this, { mode: "closed" }) } }</script>',
  },
  {
    what: 'querySelector that throws',
    head: '<script>Document.prototype.querySelector = () => { throw new Error("no") }</script>',
    must: FALLBACK,
  },
  {
    what: 'document.createElement that wraps',
    head: '<script>{ const c = document.createElement; document.createElement = function (...a) { return c.apply(document, a) } }</script>',
    must: RIGHT,
  },
  { what: 'String.prototype.replace that breaks', head: '<script>String.prototype.replace = () => "9"</script>' },
  { what: 'Intl.NumberFormat that is gone', head: '<script>delete Intl.NumberFormat</script>', must: FALLBACK },
  { what: 'Intl.Locale that is gone', head: '<script>delete Intl.Locale</script>', must: FALLBACK },
  { what: 'Object.entries that breaks', head: '<script>Object.entries = () => { throw new Error("no") }</script>' },
  {
    what: 'Object.defineProperty that does nothing',
    head: '<script>Object.defineProperty = (o) => o</script>',
    must: FALLBACK,
  },
  {
    what: 'Object.freeze on everything',
    head: '<script>Object.freeze(Object.prototype); Object.freeze(Array.prototype)</script>',
    must: RIGHT,
  },
  {
    what: 'no sessionStorage',
    head: '<script>Object.defineProperty(window, "sessionStorage", { get() { throw new DOMException("no", "SecurityError") } })</script>',
    must: RIGHT,
  },
  { what: 'no crypto.randomUUID', head: '<script>crypto.randomUUID = undefined</script>', must: RIGHT },
  { what: 'no MessageChannel', head: '<script>delete window.MessageChannel</script>', must: RIGHT },
  {
    what: 'style-src none',
    head: '<meta http-equiv="Content-Security-Policy" content="style-src \'none\'">',
    must: RIGHT,
  },
  {
    what: 'Trusted Types',
    head: '<meta http-equiv="Content-Security-Policy" content="require-trusted-types-for \'script\'">',
    must: RIGHT,
  },
  {
    what: 'Trusted Types with our policy in the list',
    head: '<meta http-equiv="Content-Security-Policy" content="require-trusted-types-for \'script\'; trusted-types lit-html">',
    must: RIGHT,
  },
  {
    what: 'styles for everything',
    head: '<style>main, main * { all: revert; font-size: 40px !important; display: block !important }</style>',
    must: RIGHT,
  },
];

const NATIVES = [
  'Object',
  'Array',
  'Promise',
  'JSON',
  'Map',
  'Set',
  'WeakMap',
  'fetch',
  'customElements',
  'MutationObserver',
  'Intl',
  'Reflect',
  'String',
  'Function',
  'Element',
  'Node',
  'Document',
  'HTMLElement',
  'EventTarget',
  'CSSStyleSheet',
];

/** What a page calls its own: members of natives, globals, style sheets, how its elements look. */
function takeStock(view: Window & typeof globalThis) {
  const members: unknown[] = [];
  for (const name of NATIVES) {
    const native = Reflect.get(view, name) as object | undefined;
    for (const owner of [native, native && (Reflect.get(native, 'prototype') as object | undefined)]) {
      for (const { value, get, set } of Object.values<PropertyDescriptor>(
        owner ? Object.getOwnPropertyDescriptors(owner) : {},
      )) {
        members.push(value, get, set);
      }
    }
  }
  const styles = ['h1', 'p', 'a', 'button'].map((name) => {
    const element = view.document.getElementsByTagName(name)[0];
    const style = element && view.getComputedStyle(element);
    return style && [...style].map((property) => `${property}:${style.getPropertyValue(property)}`).join(';');
  });
  return {
    members,
    styles,
    globals: Object.getOwnPropertyNames(view).filter((name) => !/^\d+$/.test(name)),
    sheets: view.document.adoptedStyleSheets.length,
  };
}

/** Everything of ours has run that will: the modules are evaluated, and the session has no call under way. */
async function rest({ window: view }: ShopPage): Promise<void> {
  const evaluate = (code: string) => (Reflect.get(view, 'eval') as (code: string) => Promise<unknown>)(code);
  await evaluate("import('/widgets/loader/laurel.ts')").catch(() => {});
  await evaluate("import('/widgets/points-badge/define.ts')").catch(() => {});
  await view.laurel?.refresh?.();
}

describe('a hostile page', () => {
  beforeEach(() => sessionStorage.clear());

  for (const { what, head, must } of hostile) {
    it(`${what}: ${must === RIGHT ? 'the right number' : must === FALLBACK ? 'the fallback' : 'the right number or the fallback'}`, async () => {
      let before: ReturnType<typeof takeStock> | null = null;
      const page = await openPage({
        head,
        body: `<h1>Shop</h1><p>Welcome <a href="#in">in</a></p><button>Buy</button><laurel-points-badge>${FALLBACK}</laurel-points-badge>`,
        onParsed: (view) => {
          before = takeStock(view);
        },
      });
      try {
        const badge = page.document.getElementsByTagName('laurel-points-badge')[0] as Element;
        if (must === RIGHT) await until(RIGHT, () => shownText(badge) === RIGHT);
        else await rest(page);
        const text = shownText(badge);
        assert.ok(text === RIGHT || text === FALLBACK, `“${text}” is neither right nor the fallback`);
        if (must) assert.equal(text, must);
        assert.deepEqual([...page.errors], []);
        const [then, now] = [before as ReturnType<typeof takeStock> | null, takeStock(page.window)];
        assert.deepEqual(
          now.globals.filter((name) => !then?.globals.includes(name)),
          'laurel' in page.window && page.window.laurel ? ['laurel'] : [],
        );
        assert.equal(now.members.length, then?.members.length);
        assert.ok(
          now.members.every((member, index) => Object.is(member, then?.members[index])),
          'natives as they were',
        );
        assert.equal(now.sheets, then?.sheets);
        assert.deepEqual(now.styles, then?.styles);
      } finally {
        page.close();
      }
    });
  }
});
