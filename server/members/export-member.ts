import { LoyaltyError } from '../../shared/domain/errors.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { ExportPage } from '../../shared/protocol/api.ts';
import { EXPORT_SECTIONS, type ExportSource } from './export-sections.ts';

/** Characters of one page, more or less: nearly every member's whole record, and never more than memory bears. */
const PAGE_LENGTH = 1_000_000;
/** Items read at once. */
const STEP = 100;

/** Where a page begins: behind an item of a section. */
export type ExportPosition = readonly [section: string, after: string];

/**
 * A page of everything that is kept of a member, readable by people and programs. Nearly every export is one page; a
 * longer one goes on at `next`.
 *
 * @throws {LoyaltyError} `invalid_request` for a position that no page gave.
 */
export async function exportMember(
  source: ExportSource,
  position: ExportPosition | null,
  now: Instant,
): Promise<Omit<ExportPage, 'nextCursor'> & { readonly next: ExportPosition | null }> {
  const start = position ? EXPORT_SECTIONS.findIndex(({ name }) => name === position[0]) : 0;
  if (start < 0) {
    throw new LoyaltyError('invalid_request', 'The cursor is not one of an export.', [
      { pointer: '/query/cursor', detail: 'a cursor that a page before this one gave' },
    ]);
  }
  const data: Record<string, unknown[]> = {};
  let length = 0;
  let next: ExportPosition | null = null;
  for (const section of EXPORT_SECTIONS.slice(start)) {
    const items: unknown[] = (data[section.name] = []);
    let after = position && section.name === position[0] ? position[1] : '';
    for (let isEnd = false; !isEnd && !next; ) {
      const read = await section.read(source, after, STEP);
      isEnd = read.length < STEP;
      for (const item of read) {
        after = item.position;
        if (item.value === undefined) continue;
        items.push(item.value);
        length += JSON.stringify(item.value).length;
        if (length < PAGE_LENGTH) continue;
        next = [section.name, after];
        break;
      }
    }
    if (next) break;
  }
  const { programId, customerId } = source.member;
  return { program: programId, memberId: customerId, exportedAt: formatInstant(now), data, next };
}
