import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { Program, ProgramVersion } from '../../shared/domain/program.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Database, Reader, Transaction } from '../database/database.ts';
import { sealOf } from '../database/seal.ts';
import { statement } from '../database/statement.ts';
import { parseProgram, programText } from './program-document.ts';

const selectVersions = statement<{ version: number; digest: string }>((db, parameter) =>
  db
    .selectFrom('program_versions')
    .select(['version', 'digest'])
    .where('program_id', '=', parameter('program_id'))
    .orderBy('version'),
);

interface VersionRow {
  readonly version: number;
  readonly effective_at: number;
  readonly document: string;
  readonly digest: string;
}

const selectDocuments = statement<VersionRow>((db, parameter) =>
  db
    .selectFrom('program_versions')
    .select(['version', 'effective_at', 'document', 'digest'])
    .where('program_id', '=', parameter('program_id'))
    .where('version', '>', parameter('after'))
    .orderBy('version'),
);

const selectPrograms = statement<{ program_id: string; version: number }>((db) =>
  db
    .selectFrom('program_versions')
    .select((of) => ['program_id', of.fn.max('version').as('version')])
    .groupBy('program_id')
    .orderBy('program_id'),
);

const insertVersion = statement<never>((db, parameter) =>
  db.insertInto('program_versions').values({
    program_id: parameter('program_id'),
    version: parameter('version'),
    effective_at: parameter('effective_at'),
    recorded_at: parameter('recorded_at'),
    document: parameter('document'),
    digest: parameter('digest'),
  }),
);

/** What applying a document came to. */
export interface AppliedProgram extends ProgramVersion {
  /** The program did not exist before. */
  readonly created: boolean;
  /** False when the document says what the newest version says already. */
  readonly changed: boolean;
}

/** The programs and every version that each of them had. */
export interface ProgramStore {
  /**
   * Publishes a program document: a new version in force from now on, unless it changes nothing.
   *
   * @throws {LoyaltyError} `program_invalid` with every fault.
   */
  apply(json: unknown): Promise<AppliedProgram>;

  /**
   * Every version, ordered by version. Sees new ones at once; a document is read and parsed only when versions changed.
   *
   * @throws {LoyaltyError} `program_not_found`.
   */
  versions(reader: Reader, programId: string): Promise<readonly ProgramVersion[]>;

  /** The newest version. @throws {LoyaltyError} `program_not_found`. */
  newest(programId: string): Promise<ProgramVersion>;

  /** Ids of all programs with the number of their newest version. */
  list(): Promise<readonly { readonly programId: string; readonly version: number }[]>;
}

interface CachedVersions {
  readonly digests: string;
  /** Until another version is published, they hold without a look; `null` when only a look can tell. */
  readonly publicationCount: number | null;
  readonly versions: readonly ProgramVersion[];
}

/** Programs whose versions are kept in memory; the one read first makes room. */
const CACHED_PROGRAM_COUNT_MAX = 1_000;

/** Publications by database, so that several stores over one of them know of each other's. */
const publicationsByDatabase = new WeakMap<Database, { count: number }>();

function publicationsOf(database: Database): { count: number } {
  let publications = publicationsByDatabase.get(database);
  if (!publications) publicationsByDatabase.set(database, (publications = { count: 0 }));
  return publications;
}

export function createProgramStore({
  database,
  clock,
}: {
  readonly database: Database;
  readonly clock: () => Instant;
}): ProgramStore {
  const cache = new BoundedMap<string, CachedVersions>(CACHED_PROGRAM_COUNT_MAX);
  const publications = publicationsOf(database);

  async function versions(reader: Reader, programId: string): Promise<readonly ProgramVersion[]> {
    const known = cache.get(programId);
    const { count } = publications;
    if (known?.publicationCount === count) return known.versions;
    const stored = await reader.all(selectVersions, { program_id: programId });
    if (stored.length === 0) throw notFound();
    // Nobody but this process writes to the embedded store, so what was committed holds until the next publication here.
    const publicationCount = database.dialect === 'sqlite' && reader === database ? count : null;
    // By digest, not by number: a version read inside a transaction that was undone later is not taken for the real one.
    const digests = stored.map(({ digest }) => digest).join();
    if (known?.digests === digests) {
      cache.set(programId, { ...known, publicationCount });
      return known.versions;
    }
    const rows = await reader.all(selectDocuments, { program_id: programId, after: 0 });
    const read = { digests: rows.map(({ digest }) => digest).join(), versions: rows.map(versionOf) };
    cache.set(programId, { ...read, publicationCount });
    return read.versions;
  }

  async function newestIn(reader: Reader, programId: string): Promise<ProgramVersion | undefined> {
    try {
      return (await versions(reader, programId)).at(-1);
    } catch (error) {
      if (error instanceof LoyaltyError && error.code === 'program_not_found') return undefined;
      throw error;
    }
  }

  return {
    versions,

    async apply(json) {
      const program = parseProgram(json);
      const document = programText(program);
      const publish = async (transaction: Transaction): Promise<AppliedProgram> => {
        // Read past the cache: what this transaction sees may still be undone.
        const rows = await transaction.all(selectDocuments, { program_id: program.id, after: 0 });
        const newest = rows.at(-1);
        if (newest?.document === document) return { ...versionOf(newest), created: false, changed: false };
        const now = clock();
        const version = (newest?.version ?? 0) + 1;
        // A clock that was set back must not let a version take effect before the one that it replaces.
        const effectiveAt = Math.max(now, newest?.effective_at ?? 0);
        // Another server that publishes at once takes the same version: the key refuses one, and it is run again.
        await transaction.run(insertVersion, {
          program_id: program.id,
          version,
          effective_at: effectiveAt,
          recorded_at: now,
          document,
          digest: sealOf([program.id, version, effectiveAt, now, document]),
        });
        return { version, effectiveAt, program, created: version === 1, changed: true };
      };
      return database.transaction(publish).finally(() => {
        publications.count++;
      });
    },

    async newest(programId) {
      const newest = await newestIn(database, programId);
      if (!newest) throw notFound();
      return newest;
    },

    async list() {
      const rows = await database.all(selectPrograms, {});
      return rows.map(({ program_id, version }) => ({ programId: program_id, version }));
    },
  };
}

function versionOf(row: VersionRow): ProgramVersion {
  return { version: row.version, effectiveAt: row.effective_at, program: JSON.parse(row.document) as Program };
}

function notFound(): LoyaltyError {
  return new LoyaltyError('program_not_found', 'There is no program of this id.');
}
