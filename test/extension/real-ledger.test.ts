import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { balanceOf, type Chain, EMPTY_CHAIN, extendChain } from '../../extension/statements/chain.ts';
import { LoyaltyError } from '../../shared/domain/errors.ts';
import { anOrder, openLedger, PROGRAM, program, type TestLedger } from '../support/ledger.ts';
import { seed, sized } from '../support/size.ts';

/**
 * The wallet computes a balance from nothing but hashed entries. Were it ever to differ from the honest server's, an
 * honest shop would be accused: so both are compared on the real ledger, at every step of random histories.
 */
const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-31T12:00:00Z');

let ledger: TestLedger;
beforeAll(async () => {
  ledger = await openLedger('sqlite', { ...program, earning: { ...program.earning, confirmationDelayDays: 9 } });
});
afterAll(() => ledger.close());

type Step =
  | { readonly kind: 'order'; readonly netMinor: number; readonly daysAgo: number }
  | { readonly kind: 'refund'; readonly order: number; readonly share: number }
  | { readonly kind: 'adjust'; readonly points: number }
  | { readonly kind: 'expire' }
  | { readonly kind: 'wait'; readonly days: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('order' as const), netMinor: fc.nat(40_000), daysAgo: fc.nat(400) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('refund' as const),
      order: fc.nat(8),
      share: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('adjust' as const),
      points: fc.integer({ min: -300, max: 300 }).filter((points) => points !== 0),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 200 }) }) },
);

let historyCount = 0;

test('entries alone give the wallet the balance that the server signs', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const customer = `customer-${++historyCount}`;
      const memberId = await ledger.ledger.enrol(PROGRAM, customer);
      let now = START;
      let chain: Chain = EMPTY_CHAIN;
      let orderCount = 0;
      for (const [index, action] of steps.entries()) {
        ledger.setNow(new Date(now).toISOString());
        const send = async () => {
          switch (action.kind) {
            case 'order': {
              const placedAt = new Date(now - action.daysAgo * DAY_MS).toISOString();
              return ledger.ledger.postOrder(
                PROGRAM,
                anOrder(`${customer}-${orderCount++}`, customer, action.netMinor, placedAt),
              );
            }
            case 'refund':
              return ledger.ledger.postRefund(PROGRAM, `${customer}-${action.order}`, {
                id: `${customer}-r${index}`,
                refundedAt: new Date(now).toISOString(),
                amountMinor: action.share * 37,
              });
            case 'adjust':
              return ledger.ledger.postAdjustment(
                PROGRAM,
                customer,
                { points: action.points, reason: 'test' },
                `${customer}-${index}`,
              );
            case 'expire':
              return ledger.ledger.expireLots(PROGRAM, now);
            case 'wait':
              now += action.days * DAY_MS;
              ledger.setNow(new Date(now).toISOString());
          }
        };
        // A refusal, such as a refund of an unknown order, writes nothing.
        await send().catch((error: unknown) => {
          if (!(error instanceof LoyaltyError)) throw error;
        });
        chain = await followed(chain, memberId, now);
      }
    }),
    { numRuns: sized(40, 400), seed },
  );
});

/** The chain after what is new, having checked that it comes to what the server says. */
async function followed(chain: Chain, memberId: string, now: number): Promise<Chain> {
  const { account, head } = await ledger.ledger.readAccount(PROGRAM, memberId);
  const { entries } = await ledger.ledger.readEntries(PROGRAM, memberId, { after: chain.seq, limit: 100 });
  const verdict = await extendChain(chain, entries, { seq: account.seq, head });
  expect(verdict).toMatchObject({ ok: true });
  if (!verdict.ok) return chain;
  const { available, pending } = account.balance;
  expect(balanceOf(verdict.chain, now), verdict.entries.map(({ bytes }) => bytes).join('\n')).toEqual({
    available,
    pending,
  });
  return verdict.chain;
}
