/** Whether another Lit of the page's has left its mark: then the mark is the page's. */
export const hadLit = Object.hasOwn(globalThis, 'litHtmlVersions');
