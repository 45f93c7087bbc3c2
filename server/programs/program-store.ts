import { LoyaltyError } from '../../shared/domain/errors.ts';
import { type ProgramVersion, versionAt } from '../../shared/domain/program.ts';
import type { Instant } from '../../shared/domain/time.ts';
import { BoundedMap } from '../bounded-map.ts';
import type { Database, Reader, Transaction } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import { parseProgram, programText } from './program-document.ts';
import { type Publication, publicationOf, withdrawalOf } from './publish.ts';
import { rowInForce, summaryOf, type VersionRow, type VersionSummary, versionOf } from './version-rows.ts';

const selectVersions = statement<{ version: number; digest: string }>((db, parameter) =>
  db
    .selectFrom('program_versions')
    .select(['version', 'digest'])
    .where('program_id', '=', parameter('program_id'))
    .orderBy('version'),
);

const selectDocuments = statement<VersionRow>((db, parameter) =>
  db
    .selectFrom('program_versions')
    .selectAll()
    .where('program_id', '=', parameter('program_id'))
    .where('version', '>', parameter('after'))
    .orderBy('version'),
);

const selectPrograms = statement<{ program_id: string; version: number; effective_at: number }>((db) =>
  db
    .selectFrom('program_versions')
    .select(['program_id', 'version', 'effective_at'])
    .orderBy('program_id')
    .orderBy('version'),
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
   * Publishes a program document: a new version in force from `effectiveAt` on, or from now, unless it changes nothing.
   *
   * @throws {LoyaltyError} `program_invalid` with every fault; `invalid_request` for an instant that has passed or is more
   *   than a year ahead; `program_version_planned` where a planned version would be given up by the way.
   */
  apply(json: unknown, effectiveAt?: Instant): Promise<AppliedProgram>;

  /**
   * Takes back a version that is not in force yet.
   *
   * @throws {LoyaltyError} `program_not_found`, `program_version_not_found`; `program_version_in_force`.
   */
  withdraw(programId: string, version: number): Promise<VersionSummary>;

  /**
   * Every version, ordered by version. Sees new ones at once; a document is read and parsed only when versions changed.
   *
   * @throws {LoyaltyError} `program_not_found`.
   */
  versions(reader: Reader, programId: string): Promise<readonly ProgramVersion[]>;

  /** What became of each version, ordered by version. @throws {LoyaltyError} `program_not_found`. */
  history(programId: string): Promise<readonly VersionSummary[]>;

  /** The newest version that is in force. @throws {LoyaltyError} `program_not_found`. */
  newest(programId: string): Promise<ProgramVersion>;

  /** Ids of all programs with the number of the version that is in force. */
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

/** Another thread published a version of a program. */
export function publishedElsewhere(database: Database): void {
  publicationsOf(database).count++;
}

export function createProgramStore({
  database,
  clock,
  onPublished = () => {},
}: {
  readonly database: Database;
  readonly clock: () => Instant;
  /** Told of each publication, before its caller is. */
  readonly onPublished?: () => void;
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

  /** Adds versions. Another server that publishes at once takes the same number: the key refuses one, and it is run again. */
  async function add(
    programId: string,
    decide: (history: readonly VersionRow[]) => Publication,
  ): Promise<Publication & { readonly history: readonly VersionRow[] }> {
    const publish = async (transaction: Transaction) => {
      // Read past the cache: what this transaction sees may still be undone.
      const history = await transaction.all(selectDocuments, { program_id: programId, after: 0 });
      const publication = decide(history);
      for (const row of publication.rows) await transaction.run(insertVersion, { ...row });
      return { ...publication, history };
    };
    return database.transaction(publish).finally(() => {
      publications.count++;
      onPublished();
    });
  }

  return {
    versions,

    async apply(json, effectiveAt) {
      const program = parseProgram(json);
      const document = programText(program);
      const { rows, answer, history } = await add(program.id, (earlier) =>
        publicationOf(earlier, { programId: program.id, document, effectiveAt: effectiveAt ?? null, now: clock() }),
      );
      return { ...versionOf(answer), created: history.length === 0, changed: rows.length > 0 };
    },

    async withdraw(programId, version) {
      const now = clock();
      const { rows, answer, history } = await add(programId, (earlier) => {
        if (earlier.length === 0) throw notFound();
        return withdrawalOf(earlier, { programId, version, now });
      });
      return summaryOf([...history, ...rows], answer, now);
    },

    async history(programId) {
      const rows = await database.all(selectDocuments, { program_id: programId, after: 0 });
      if (rows.length === 0) throw notFound();
      const now = clock();
      return rows.map((row) => summaryOf(rows, row, now));
    },

    async newest(programId) {
      return versionAt(await versions(database, programId), clock());
    },

    async list() {
      const rows = await database.all(selectPrograms, {});
      const now = clock();
      return [...Map.groupBy(rows, ({ program_id }) => program_id)].map(([programId, ofProgram]) => ({
        programId,
        version: rowInForce(ofProgram, now)?.version ?? 1,
      }));
    },
  };
}

function notFound(): LoyaltyError {
  return new LoyaltyError('program_not_found', 'There is no program of this id.');
}
