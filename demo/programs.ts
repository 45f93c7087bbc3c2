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

/**
 * Creates a program with the command line, as an operator does while the server is not running yet, and keeps the keys
 * that are shown this once. Does nothing for a program whose keys are kept already.
 */
export async function createProgram(
  server: LaurelServer,
  keyring: Keyring,
  program: ProgramDocument,
  folder: string,
): Promise<void> {
  if (keyring.keysOf(program.id)) return;
  const file = resolve(folder, `${program.id}.json`);
  writeFileSync(file, `${JSON.stringify(program, null, 2)}\n`);
  let printed = await server.command('program', 'apply', file);
  // The program is there, and its keys are not: a start that was cut off between the two.
  if (!/lrl_sk_/.test(printed)) printed = await server.command('program', 'keys', program.id);
  const secretKey = /lrl_sk_\S+/.exec(printed)?.[0];
  const memberKey = /lrl_mk_\S+/.exec(printed)?.[0];
  if (!secretKey || !memberKey) throw new Error(`laurel program apply printed no keys for ${program.id}`);
  keyring.keep(program.id, { secretKey, memberKey });
}

/** Publishes the document as its merchant does, over the API; one that changes nothing makes no new version. */
export async function publishProgram(server: LaurelServer, keyring: Keyring, program: ProgramDocument): Promise<void> {
  const response = await fetch(`${server.endpoint}/v1/programs/${program.id}`, {
    method: 'PUT',
    headers: {
      authorization: `Bearer ${keyring.keysOf(program.id)?.secretKey}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify(program),
  });
  const answer = await response.text();
  if (!response.ok) throw new Error(`${program.id} cannot be published: ${response.status} ${answer}`);
}
