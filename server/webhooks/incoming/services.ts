import { LoyaltyError } from '../../../shared/domain/errors.ts';
import type { Instant } from '../../../shared/domain/time.ts';
import type { Database } from '../../database/database.ts';
import type { Vault } from '../../identity/vault.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { MemberBook } from '../../members/member-book.ts';
import { createOrderFacts } from './order-facts.ts';
import { createPrivacyRequests, type PrivacyRequests } from './privacy-requests.ts';
import { createIncomingWebhooks, type IncomingWebhooks } from './receive.ts';
import { createWebhookSources, type WebhookSources } from './sources.ts';

/** Puts together what takes events of shop platforms. */
export function createIncomingServices({
  database,
  vault,
  ledger,
  clock,
  members,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly ledger: Ledger;
  readonly clock: () => Instant;
  readonly members: Pick<MemberBook, 'erase'>;
}): {
  readonly incomingWebhooks: IncomingWebhooks;
  readonly webhookSources: WebhookSources;
  readonly privacyRequests: PrivacyRequests;
} {
  /** Whoever is no member is erased already. */
  async function erase(programId: string, customerId: string): Promise<void> {
    try {
      await members.erase(programId, await ledger.memberIdOf(programId, customerId), 'asked for by the shop platform');
    } catch (error) {
      if (!(error instanceof LoyaltyError && error.code === 'member_not_found')) throw error;
    }
  }

  const webhookSources = createWebhookSources({ database, vault, clock });
  const privacyRequests = createPrivacyRequests({ database, vault, clock, erase });
  const facts = createOrderFacts({ database, clock });
  const incomingWebhooks = createIncomingWebhooks({
    ledger,
    sources: webhookSources,
    facts,
    privacy: privacyRequests,
    clock,
  });
  return { incomingWebhooks, webhookSources, privacyRequests };
}
