import { type Lookup, paddedKeys, withKeys } from '../database/batch.ts';
import type { Reader } from '../database/database.ts';
import { type Params, statement } from '../database/statement.ts';
import type { RedemptionRow } from '../ledger/redemption-rows.ts';

/** Reads of redemptions that no command needs. */

export type MemberRedemptionRow = RedemptionRow & { readonly customer_id: string };

/** Below a place in the listing, newest first. */
export const redemptionsOfMember = statement<RedemptionRow>((db, p) =>
  db
    .selectFrom('redemptions')
    .selectAll()
    .where('program_id', '=', p('programId'))
    .where('member_id', '=', p('memberId'))
    .where('origin', '=', p('origin'))
    .where((eb) =>
      eb.or([
        eb('redeemed_at', '<', p('before')),
        eb.and([eb('redeemed_at', '=', p('sameTime')), eb('redemption_id', '<', p('beforeId'))]),
      ]),
    )
    .orderBy('redeemed_at', 'desc')
    .orderBy('redemption_id', 'desc')
    .limit(p('limit')),
);

export const redemptionsInState = statement<MemberRedemptionRow>((db, p) =>
  db
    .selectFrom('redemptions')
    .innerJoin('members', (join) =>
      join
        .onRef('members.program_id', '=', 'redemptions.program_id')
        .onRef('members.member_id', '=', 'redemptions.member_id'),
    )
    .selectAll('redemptions')
    .select('members.customer_id')
    .where('redemptions.program_id', '=', p('programId'))
    .where('redemptions.state', '=', p('state'))
    .where((eb) =>
      eb.or([
        eb('redemptions.redeemed_at', '<', p('before')),
        eb.and([
          eb('redemptions.redeemed_at', '=', p('sameTime')),
          eb('redemptions.redemption_id', '<', p('beforeId')),
        ]),
      ]),
    )
    .orderBy('redemptions.redeemed_at', 'desc')
    .orderBy('redemptions.redemption_id', 'desc')
    .limit(p('limit')),
);

/** Rows of a lookup for any number of keys, outside a transaction. */
export async function readIn<Row>(
  reader: Reader,
  lookup: Lookup<Row>,
  params: Params,
  keys: readonly string[],
): Promise<Row[]> {
  const pages = await Promise.all(
    paddedKeys(keys).map((run) => reader.all(lookup.statement(run.length), withKeys(params, run))),
  );
  return pages.flat();
}
