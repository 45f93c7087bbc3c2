import { LoyaltyError } from '../../shared/domain/errors.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { ExportPage } from '../../shared/protocol/api.ts';
import type { ExportSource } from './export-section.ts';
import { EXPORT_SECTIONS } from './export-sections.ts';

/** Characters of one page, more or less: nearly every member's whole record, and never more than memory bears. */
const PAGE_LENGTH = 1_000_000;
/** Items read at once. */
const STEP = 100;

/** Where a page begins: behind an item of a section, of the member or of an account that was merged into his. */
export type ExportPosition = readonly [account: string, section: string, after: string];

/** Stands for the first section. */
export const FROM_START = '';

/**
 * A page of everything that is kept of one account, readable by people and programs. Nearly every export is one page; a
 * longer one goes on at `next`.
 *
 * @throws {LoyaltyError} `invalid_request` for a position that no page gave.
 */
export async function exportAccount(
  source: ExportSource,
  [, from, behind]: ExportPosition,
  now: Instant,
): Promise<Omit<ExportPage, 'nextCursor'> & { readonly next: ExportPosition | null }> {
  const start = from === FROM_START ? 0 : EXPORT_SECTIONS.findIndex(({ name }) => name === from);
  if (start < 0) throw noSuchPosition();
  const data: Record<string, unknown[]> = {};
  let length = 0;
  let next: ExportPosition | null = null;
  for (const section of EXPORT_SECTIONS.slice(start)) {
    const items: unknown[] = (data[section.name] = []);
    let after = section.name === from ? behind : '';
    for (let isEnd = false; !isEnd && !next; ) {
      const read = await section.read(source, after, STEP);
      isEnd = read.length < STEP;
      for (const item of read) {
        after = item.position;
        if (item.value === undefined) continue;
        items.push(item.value);
        length += JSON.stringify(item.value).length;
        if (length < PAGE_LENGTH) continue;
        next = [source.member.memberId, section.name, after];
        break;
      }
    }
    if (next) break;
  }
  const { programId, customerId } = source.member;
  return { program: programId, memberId: customerId, exportedAt: formatInstant(now), data, next };
}

export function noSuchPosition(): LoyaltyError {
  return new LoyaltyError('invalid_request', 'The cursor is not one of an export.', [
    { pointer: '/query/cursor', detail: 'a cursor that a page before this one gave' },
  ]);
}
