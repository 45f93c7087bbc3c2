import { first, type Reader } from '../database/database.ts';
import { statement } from '../database/statement.ts';
import type { Tables } from '../database/tables.ts';
import { hashOf } from '../identity/vault.ts';
import { type ConsentRow, isEffective, sealConsent } from '../members/consent-chain.ts';
import { Finding } from './finding.ts';

const PAGE_SIZE = 500;

/** Rows behind a place, member by member. */
const consentsAfter = statement<ConsentRow & { readonly erased_at: number | null }>((db, p) =>
  db
    .selectFrom('consents as consent')
    .leftJoin('member_erasures as erasure', (join) =>
      join.onRef('erasure.program_id', '=', 'consent.program_id').onRef('erasure.member_id', '=', 'consent.member_id'),
    )
    .selectAll('consent')
    .select('erasure.erased_at')
    .where('consent.program_id', '=', p('programId'))
    .where(({ or, and, eb }) =>
      or([
        eb('consent.member_id', '>', p('memberId')),
        and([eb('consent.member_id', '=', p('memberId')), eb('consent.seq', '>', p('seq'))]),
      ]),
    )
    .orderBy('consent.member_id')
    .orderBy('consent.seq')
    .limit(p('limit')),
);

const statesOf = statement<Tables['consent_states']>((db, p) =>
  db
    .selectFrom('consent_states')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId')),
);

const stateCount = statement<{ count: number }>((db, p) =>
  db
    .selectFrom('consent_states')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .where('program_id', '=', p('programId')),
);

/** One member's chain as far as it was followed. */
interface Chain {
  readonly memberId: string;
  seq: number;
  head: string | null;
  isErased: boolean;
  /** The latest word on each purpose. */
  readonly latest: Map<string, ConsentRow>;
}

/**
 * Follows every member's chain of consents: each line's seal, its place, the proof that it stands for, and the state
 * that follows from it. Proofs are missing where the member was erased, and nowhere else.
 *
 * @throws {Finding}
 */
export async function verifyConsents(reader: Reader, programId: string): Promise<void> {
  let chain = null as Chain | null;
  let counted = 0;
  for (let place = { memberId: '', seq: 0 }; ; ) {
    const rows = await reader.all(consentsAfter, { programId, ...place, limit: PAGE_SIZE });
    for (const row of rows) {
      if (chain?.memberId !== row.member_id) {
        if (chain) counted += await verifyStates(reader, programId, chain);
        chain = { memberId: row.member_id, seq: 0, head: null, isErased: row.erased_at !== null, latest: new Map() };
      }
      follow(chain, row);
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE_SIZE) break;
    place = { memberId: last.member_id, seq: last.seq };
  }
  if (chain) counted += await verifyStates(reader, programId, chain);
  const stored = (await first(reader, stateCount, { programId }))?.count ?? 0;
  if (stored !== counted) {
    throw new Finding('consent_states', programId, `it has ${stored} rows, ${counted} of which follow from consents`);
  }
}

function follow(chain: Chain, row: ConsentRow): void {
  const fail = (what: string) => new Finding('consents', `${row.member_id} seq ${row.seq}`, what);
  if (row.seq !== chain.seq + 1) throw fail(`follows seq ${chain.seq}: a line is missing or was inserted`);
  if (row.prev !== chain.head) throw fail('it does not hold the seal of the line before');
  if (sealConsent(row).digest !== row.digest) throw fail('it is not as it was sealed');
  if (row.proof === null && !chain.isErased) throw fail('its proof is missing');
  if (row.proof !== null && chain.isErased) throw fail('its proof outlived its member');
  if (row.proof !== null && hashOf(row.proof) !== row.proof_hash) throw fail('its proof is another one');
  chain.seq = row.seq;
  chain.head = row.digest;
  chain.latest.set(row.purpose, row);
}

/** Gives the number of states that follow from a chain: none for one who was erased. */
async function verifyStates(reader: Reader, programId: string, { memberId, isErased, latest }: Chain): Promise<number> {
  const states = await reader.all(statesOf, { programId, memberId });
  const fail = (purpose: string, what: string) => new Finding('consent_states', `${memberId} ${purpose}`, what);
  for (const { purpose, seq, is_effective } of states) {
    const row = latest.get(purpose);
    if (!row || row.seq !== seq) throw fail(purpose, `it is of seq ${seq}, the latest is ${row?.seq ?? 'none'}`);
    if (is_effective !== (isEffective(row.action) ? 1 : 0))
      throw fail(purpose, `it does not follow from ${row.action}`);
  }
  const expected = isErased ? 0 : latest.size;
  if (states.length !== expected) throw fail('', `${states.length} states of ${expected} purposes`);
  return expected;
}
