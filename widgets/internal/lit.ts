import { hadLit } from './before-lit.ts';

/** The part of Lit that elements use: templates. Import it from here, never from the package. */
export { html, nothing, render, svg, type TemplateResult } from 'lit/html.js';

// Lit notes its version in a global; a shop's page gets no global of ours but `laurel`.
if (!hadLit) Reflect.deleteProperty(globalThis, 'litHtmlVersions');
