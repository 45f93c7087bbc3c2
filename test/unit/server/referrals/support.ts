import { createHmac } from 'node:crypto';
import { referralsJob } from '../../../../server/referrals/referrals-job.ts';
import type { MerchantReferral, ReferralItem, ReferralOverview } from '../../../../shared/protocol/api.ts';
import type { Store } from '../../../support/ledger.ts';
import { openServer, program, START, type TestServer } from '../../../support/server.ts';

export const DAY = 86_400_000;

export const terms = {
  referrerPoints: 500,
  friendPoints: 200,
  orderMinorMin: 2_000,
  currency: 'EUR',
  clearAfterDays: 14,
  attributionDays: 30,
  rewardsPerMonthMax: 3,
  holdScore: 40,
  refuseScore: 80,
};

export const referringProgram = { ...program, referral: terms };

/** A keyed hash as a shop would make it. */
export const keyed = (text: string) => createHmac('sha256', 'a secret of the shop').update(text).digest('base64url');

/** A server whose program has referrals, and what its members do with them. */
export async function openReferring(store: Store, document: object = referringProgram) {
  const server = await openServer(store);
  await server.services.programs.apply(document);
  const at = (instant: number) => new Date(instant).toISOString();

  return {
    server,

    async overview(customerId: string): Promise<ReferralOverview> {
      const { accessToken } = await tokenOf(server, customerId);
      return (await server.call('GET', '/v1/me/referral', undefined, accessToken)).body as ReferralOverview;
    },

    /** A member takes up another's code. */
    async accept(customerId: string, by: { code?: string; attribution?: string }) {
      const { accessToken } = await tokenOf(server, customerId);
      return server.call('POST', '/v1/me/referral/accept', by, accessToken);
    },

    /** The same, by the shop's back end, with what it knows the customer by. */
    acceptFor: (customerId: string, code: string, signals: Record<string, string> = {}) =>
      server.merchant('POST', `/members/${customerId}/referral`, { code, signals }),

    order: (id: string, customerId: string, netMinor: number, more: object = {}) =>
      server.merchant('POST', '/orders', {
        id,
        memberId: customerId,
        placedAt: at(server.now()),
        currency: 'EUR',
        lines: [{ sku: 'sku-1', quantity: 1, netMinor }],
        ...more,
      }),

    refund: (order: string, amountMinor: number, id = `r-${order}`) =>
      server.merchant('POST', `/orders/${order}/refunds`, { id, refundedAt: at(server.now()), amountMinor }),

    signals: (customerId: string, signals: Record<string, string>) =>
      server.merchant('POST', `/members/${customerId}/signals`, { signals }),

    /** Points that a member holds or owes. */
    async balance(customerId: string): Promise<number> {
      const { body } = await server.merchant('GET', `/members/${customerId}`);
      const { balance, debt = 0 } = body as { balance: { available: number; pending: number }; debt?: number };
      return balance.available + balance.pending - debt;
    },

    later(days: number): void {
      server.setNow(server.now() + days * DAY);
    },

    clear: () => clear(server),

    async held(): Promise<MerchantReferral[]> {
      return ((await server.merchant('GET', '/referrals')).body as { referrals: MerchantReferral[] }).referrals;
    },

    async soleReferral(customerId: string): Promise<ReferralItem> {
      const { referrals } = await this.overview(customerId);
      if (referrals.length !== 1) throw new Error(`${customerId} has ${referrals.length} referrals`);
      return referrals[0] as ReferralItem;
    },
  };
}

export type Referring = Awaited<ReturnType<typeof openReferring>>;

async function tokenOf(server: TestServer, customerId: string) {
  await server.services.ledger.enrol(program.id, customerId);
  const answer = (await server.signIn(customerId)) as { access_token: string };
  return { accessToken: answer.access_token };
}

/** Runs the job as of now. */
export async function clear({ services, now }: TestServer) {
  return referralsJob(services).run(program.id, now(), {
    progress: null,
    save: async () => {},
    isStopped: () => false,
  });
}

export { START };
