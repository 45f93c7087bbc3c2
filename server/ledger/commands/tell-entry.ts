import { formatInstant, type Instant, NEVER } from '../../../shared/domain/time.ts';
import type { EntryDraft } from '../chain.ts';
import type { MemberState } from '../unit/member-state.ts';

/** What an entry means to whoever listens, told when it happens: points that are pending post later. */
export function happeningsOf(
  draft: EntryDraft,
  { seq, balance, lots }: Pick<MemberState, 'seq' | 'balance' | 'lots'>,
): readonly { readonly type: string; readonly occurredAt: Instant; readonly data: object }[] {
  const { kind, lot, occurredAt, order, event } = draft;
  const points = Math.abs(draft.points);
  const source = { ...(order !== undefined && { order }), ...(event !== undefined && { event }) };
  if (kind === 'expiry') return [{ type: 'points.expired', occurredAt, data: { points, seq, balance } }];
  if (!lot || points === 0) return [];
  const expiresAt = lot.expiresAt === NEVER ? null : formatInstant(lot.expiresAt);
  const availableAt = formatInstant(lot.availableAt);
  const spendable = lots.get(seq)?.remaining ?? 0;
  const accrued = {
    type: 'points.accrued',
    occurredAt,
    data: { points, seq, balance, availableAt, expiresAt, ...source },
  };
  const posted = {
    type: 'points.posted',
    occurredAt: lot.availableAt,
    data: { points: spendable, lot: seq, expiresAt, ...source },
  };
  return [...(kind === 'accrual' ? [accrued] : []), ...(spendable > 0 ? [posted] : [])];
}
