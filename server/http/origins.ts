import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Instant } from '../../shared/domain/time.ts';
import type { ProgramStore } from '../programs/program-store.ts';

/** Pages that may read members' answers. */
export interface Origins {
  /** True for the program's own shops, this server's own pages and browser extensions. */
  isAllowed(origin: string, programId: string): Promise<boolean>;
  /** True when it is allowed for some program: all that a preflight can be asked, since it carries no token. */
  isKnown(origin: string): Promise<boolean>;
}

/** A new program's origins are known after this long at the latest. */
const CACHE_MS = 2_000;

const EXTENSION_ORIGIN = /^(?:chrome|moz|safari-web)-extension:\/\/[A-Za-z0-9._-]{1,128}$/;

export function createOrigins({
  programs,
  issuer,
  clock,
}: {
  readonly programs: ProgramStore;
  readonly issuer: string;
  readonly clock: () => Instant;
}): Origins {
  /** Origins by program and version: a version's never change. */
  let known = new Map<string, { readonly version: number; readonly origins: readonly string[] }>();
  let all: ReadonlySet<string> = new Set();
  let readAt = Number.NEGATIVE_INFINITY;

  async function refresh(): Promise<void> {
    const next: typeof known = new Map();
    for (const { programId, version } of await programs.list()) {
      const kept = known.get(programId);
      if (kept?.version === version) next.set(programId, kept);
      else next.set(programId, { version, origins: (await programs.newest(programId)).program.origins });
    }
    known = next;
    all = new Set([...next.values()].flatMap(({ origins }) => origins));
    readAt = clock();
  }

  const isOurs = (origin: string) => origin === issuer || EXTENSION_ORIGIN.test(origin);

  return {
    async isAllowed(origin, programId) {
      if (isOurs(origin)) return true;
      const { program } = await programs.newest(programId);
      return program.origins.includes(origin);
    },
    async isKnown(origin) {
      if (isOurs(origin) || all.has(origin)) return true;
      const age = clock() - readAt;
      if (age >= 0 && age < CACHE_MS) return false;
      await refresh();
      return all.has(origin);
    },
  };
}

export function originNotAllowed(): LoyaltyError {
  return new LoyaltyError('origin_not_allowed', "This page's origin is not one of the program's origins.");
}
