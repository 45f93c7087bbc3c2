import type { Instant } from '../../../shared/domain/time.ts';
import type { Database } from '../../database/database.ts';
import type { Vault } from '../../identity/vault.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { createOrderFacts } from './order-facts.ts';
import { createPrivacyRequests, type Erase, type PrivacyRequests } from './privacy-requests.ts';
import { createIncomingWebhooks, type IncomingWebhooks } from './receive.ts';
import { createWebhookSources, type WebhookSources } from './sources.ts';

/** Puts together what takes events of shop platforms. */
export function createIncomingServices({
  database,
  vault,
  ledger,
  clock,
  erase,
}: {
  readonly database: Database;
  readonly vault: Vault;
  readonly ledger: Ledger;
  readonly clock: () => Instant;
  readonly erase?: Erase;
}): {
  readonly incomingWebhooks: IncomingWebhooks;
  readonly webhookSources: WebhookSources;
  readonly privacyRequests: PrivacyRequests;
} {
  const webhookSources = createWebhookSources({ database, vault, clock });
  const privacyRequests = createPrivacyRequests({ database, clock, erase });
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
