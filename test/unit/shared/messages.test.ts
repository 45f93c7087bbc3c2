import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LOCALES } from '../../../shared/format/messages/locales.ts';
import type { Message, Messages } from '../../../shared/format/messages.ts';

const folder = join(import.meta.dirname, '../../../shared/format/messages');
const surfaces = readdirSync(join(folder, 'en')).map((file) => file.replace('.ts', ''));

async function messagesOf(locale: string, surface: string): Promise<Messages> {
  const module = (await import(join(folder, locale, `${surface}.ts`))) as Record<string, Messages>;
  const messages = module[surface];
  if (!messages) throw new Error(`${locale}/${surface}.ts exports no ${surface}`);
  return messages;
}

const formsOf = (message: Message): Record<string, string> =>
  typeof message === 'string' ? { other: message } : { ...message };
const placeholdersOf = (text: string): string[] => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort();

test('every language has every surface, and no folder is forgotten', () => {
  const folders = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).sort()).toEqual([...LOCALES].sort());
  for (const { name } of folders) {
    expect(readdirSync(join(folder, name)), name).toEqual(surfaces.map((surface) => `${surface}.ts`));
  }
});

describe.each(surfaces)('%s', (surface) => {
  test.each(LOCALES)('%s has the keys of English', async (locale) => {
    const keys = Object.keys(await messagesOf(locale, surface));
    expect(keys).toEqual(Object.keys(await messagesOf('en', surface)));
  });

  test.each(LOCALES)('%s says the same things: every placeholder of English, no other', async (locale) => {
    const [english, messages] = await Promise.all([messagesOf('en', surface), messagesOf(locale, surface)]);
    for (const [key, message] of Object.entries(messages)) {
      const expected = placeholdersOf(formsOf(english[key] ?? '')['other'] ?? '');
      for (const [form, text] of Object.entries(formsOf(message))) {
        // A form for exactly one number may spell the number out.
        const optional = form === 'zero' || form === 'one' || form === 'two';
        const found = placeholdersOf(text);
        expect(expected, `${locale} ${key} ${form}`).toEqual(expect.arrayContaining(found));
        if (!optional) expect(found, `${locale} ${key} ${form}`).toEqual(expected);
      }
    }
  });

  test.each(LOCALES)('%s has the plural forms of its language where it has any', async (locale) => {
    const categories = new Intl.PluralRules(locale).resolvedOptions().pluralCategories.toSorted();
    for (const [key, message] of Object.entries(await messagesOf(locale, surface))) {
      if (typeof message !== 'string') expect(Object.keys(message).sort(), key).toEqual(categories);
    }
  });

  test.each(LOCALES)('%s has no empty text, no stray space, no unfinished placeholder', async (locale) => {
    for (const [key, message] of Object.entries(await messagesOf(locale, surface))) {
      for (const text of Object.values(formsOf(message))) {
        expect(text, key).toBe(text.trim());
        expect(text, key).not.toBe('');
        expect(text.replaceAll(/\{\w+\}/g, 'x'), key).not.toMatch(/[{}]| {2}/);
      }
    }
  });
});
