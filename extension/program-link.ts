import { isSecure } from './senders.ts';

/** A program as a page names it: the address of its public document is the program's identity in the wallet. */
export interface ProgramAddress {
  /** Origin of the Laurel server. */
  readonly issuer: string;
  readonly program: string;
}

const PATH = /^\/v1\/programs\/([a-z][a-z0-9._-]{0,127})$/;

/** Reads `<link rel="loyalty-program" href="…/v1/programs/{id}">`; `null` when it is not the address of a program. */
export function parseProgramLink(href: unknown): ProgramAddress | null {
  if (typeof href !== 'string' || href.length > 512 || !URL.canParse(href)) return null;
  const url = new URL(href);
  const program = PATH.exec(url.pathname)?.[1];
  if (!program || !isSecure(url) || url.username || url.password || url.search || url.hash) return null;
  return { issuer: url.origin, program };
}

/** The one key of a shop in the wallet: where its program document is. */
export function shopIdOf({ issuer, program }: ProgramAddress): string {
  return `${issuer}/v1/programs/${program}`;
}
