/** Which of the languages we have suits a reader best, and which way it runs. */

/** `tag` in canonical form, or `null` when it is no BCP 47 tag: pages write anything into `lang`. */
export function canonicalLocale(tag: string | null | undefined): string | null {
  try {
    return (tag && Intl.getCanonicalLocales(tag)[0]) || null;
  } catch {
    return null;
  }
}

/**
 * The best of `available` for a reader of `wanted`: the tag itself, else the same language in the same script
 * (`zh-CN` → `zh-Hans`, `zh-TW` → `zh-Hant`), else the same language, else `null`.
 */
export function negotiateLocale(wanted: string, available: readonly string[]): string | null {
  const canonical = canonicalLocale(wanted);
  if (!canonical) return null;
  if (available.includes(canonical)) return canonical;
  const reader = new Intl.Locale(canonical).maximize();
  let sameLanguage: string | null = null;
  for (const tag of available) {
    const candidate = canonicalLocale(tag);
    if (!candidate) continue;
    const { language, script } = new Intl.Locale(candidate).maximize();
    if (language !== reader.language) continue;
    if (script === reader.script) return tag;
    sameLanguage ??= tag;
  }
  return sameLanguage;
}

/** Scripts that run right to left (`Intl.Locale.prototype.getTextInfo` is too young to ask). */
const RTL_SCRIPTS = ['Arab', 'Hebr', 'Thaa', 'Nkoo', 'Syrc', 'Adlm', 'Rohg'];

/** Direction in which a text of `locale` runs. */
export function directionOf(locale: string): 'ltr' | 'rtl' {
  const canonical = canonicalLocale(locale);
  const script = canonical && new Intl.Locale(canonical).maximize().script;
  return script && RTL_SCRIPTS.includes(script) ? 'rtl' : 'ltr';
}
