import { createVault } from '../../../../server/identity/vault.ts';
import { createMemberBook, type MemberBook } from '../../../../server/members/member-book.ts';
import type { Account } from '../../../../shared/protocol/api.ts';
import { openLedger, PROGRAM, program, type Store, type TestLedger } from '../../../support/ledger.ts';
import { SECRET } from '../../../support/server.ts';

/** Members over a ledger on an empty store, without HTTP. */
export interface TestMembers extends TestLedger {
  readonly members: MemberBook;
  /** An account by one of the shop's ids. */
  account(customerId: string): Promise<Account>;
  /** Everything that the customer could spend, now or later. */
  points(customerId: string): Promise<number>;
}

export async function openMembers(store: Store, document: object = program): Promise<TestMembers> {
  const opened = await openLedger(store, document);
  let now = Date.parse('2026-03-31T12:00:00Z');
  const members = createMemberBook({
    database: opened.database,
    programs: opened.programs,
    ledger: opened.ledger,
    vault: createVault(SECRET),
    outbox: { write: async () => 0 },
    accessTokens: { endAll: () => {} },
    clock: () => now,
  });
  const account = async (customerId: string) => {
    const memberId = await opened.ledger.memberIdOf(PROGRAM, customerId);
    return (await opened.ledger.readAccount(PROGRAM, memberId)).account;
  };
  return {
    ...opened,
    members,
    account,
    async points(customerId) {
      const { balance } = await account(customerId);
      return balance.available + balance.pending;
    },
    setNow(instant) {
      now = Date.parse(instant);
      opened.setNow(instant);
    },
  };
}
