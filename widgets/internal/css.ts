const sheets = new Map<string, CSSStyleSheet>();

/** Marks a text as CSS, for editors and for the build, which makes it small. */
export const css = (parts: TemplateStringsArray, ...values: readonly (string | number)[]): string =>
  String.raw(parts, ...values);

/** The style sheet of a text: one for all elements of a kind. No policy on styles concerns it. */
export function sheetOf(cssText: string): CSSStyleSheet {
  let sheet = sheets.get(cssText);
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(cssText);
    sheets.set(cssText, sheet);
  }
  return sheet;
}
