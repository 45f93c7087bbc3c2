import type { ConsentPurpose } from '../../shared/domain/program.ts';
import { formatInstant, type Instant } from '../../shared/domain/time.ts';
import type { ConsentState } from '../../shared/protocol/api.ts';
import { sealOf } from '../database/seal.ts';
import type { Value } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';

export type ConsentRow = Tables['consents'];

/** `requested`: granted where a second yes is asked for; counts only once `confirmed`. */
export type ConsentAction = 'granted' | 'requested' | 'confirmed' | 'withdrawn';

/**
 * The row with its digest, which covers all but the proof itself: the proof's hash stands for it, so that erasing a
 * member takes the proof out and leaves the chain as it was.
 */
export function sealConsent(row: Omit<ConsentRow, 'digest'>): ConsentRow {
  return { ...row, digest: sealOf(sealedColumns(row)) };
}

/** What the digest covers, in the order of the table's columns. */
export function sealedColumns(row: Omit<ConsentRow, 'digest'>): Value[] {
  return [
    row.program_id,
    row.member_id,
    row.seq,
    row.purpose,
    row.action,
    row.text_version,
    row.locale,
    row.text_hash,
    row.recorded_at,
    row.confirm_by,
    row.proof_hash,
    row.prev,
  ];
}

/** Whether a member may be contacted, or data used, by the latest word on a purpose. */
export function isEffective(action: string): boolean {
  return action === 'granted' || action === 'confirmed';
}

/** Where a purpose stands at an instant. `latest` is the latest word on it, `purpose` the program's, if it still has it. */
export function stateOf(
  latest: Pick<ConsentRow, 'action' | 'text_version' | 'confirm_by'> | undefined,
  purpose: Pick<ConsentPurpose, 'textVersion'> | undefined,
  now: Instant,
): ConsentState['state'] {
  if (!latest) return 'none';
  if (latest.action === 'withdrawn') return 'withdrawn';
  if (latest.action === 'requested') return now < (latest.confirm_by ?? 0) ? 'pending' : 'expired';
  // A purpose that the program dropped is one that nobody may act on.
  return purpose?.textVersion === latest.text_version ? 'granted' : 'outdated';
}

/** How a consent was given, as it is sealed. */
export type Proof = Readonly<Record<string, string | number>>;

/** All that is known of one purpose, newest first. `proofs` by `seq`; erased ones are not among them. */
export function consentStateOf(
  id: string,
  purpose: ConsentPurpose | undefined,
  rows: readonly ConsentRow[],
  proofs: ReadonlyMap<number, Proof>,
  now: Instant,
): ConsentState {
  const history = rows.filter((row) => row.purpose === id).sort((a, b) => b.seq - a.seq);
  const [latest] = history;
  const state = stateOf(latest, purpose, now);
  return {
    purpose: id,
    name: purpose ? { ...purpose.name } : null,
    state,
    textVersion: latest?.text_version ?? null,
    currentTextVersion: purpose?.textVersion ?? null,
    changedAt: latest ? formatInstant(latest.recorded_at) : null,
    confirmBy: state === 'pending' && latest?.confirm_by ? formatInstant(latest.confirm_by) : null,
    history: history.map((row) => ({
      seq: row.seq,
      action: row.action as ConsentAction,
      textVersion: row.text_version,
      locale: row.locale,
      textHash: row.text_hash,
      at: formatInstant(row.recorded_at),
      proof: proofs.get(row.seq) ?? null,
      digest: row.digest,
    })),
  };
}
