import { formatInstant, NEVER } from '../../shared/domain/time.ts';
import type { Account } from '../../shared/protocol/api.ts';
import type { Reader } from '../database/database.ts';
import { FOLLOWS } from '../database/schema/ledger.ts';
import type { Tables } from '../database/tables.ts';
import type { ConsentBook } from './consent-book.ts';
import type { FoundMember } from './find-member.ts';
import type { ProfileBook } from './profile-book.ts';

/** What an export is made from. */
export interface ExportSource {
  readonly reader: Reader;
  readonly member: FoundMember;
  readonly profiles: ProfileBook;
  readonly consents: ConsentBook;
  readAccount(): Promise<{ readonly account: Account; readonly head: string | null }>;
}

/** One thing that is kept of a member; `position` is where to go on behind it. */
export interface ExportItem {
  readonly position: string;
  readonly value: unknown;
}

/** One subject of an export. An area that keeps something of its members adds its own to `EXPORT_SECTIONS`. */
export interface ExportSection {
  /** What the export calls it. */
  readonly name: string;
  /** The tables that it speaks for: a test holds that no table with a member in it is left out. */
  readonly tables: readonly (keyof Tables)[];
  /** At most `limit` items behind `after`, which is empty at first. */
  read(source: ExportSource, after: string, limit: number): Promise<readonly ExportItem[]>;
}

/** As text; `null` for what lies in no time. */
export const at = (instant: number) => (instant >= FOLLOWS || instant >= NEVER ? null : formatInstant(instant));
export const scopeOf = ({ member: { programId, memberId } }: ExportSource) => ({ programId, memberId });
