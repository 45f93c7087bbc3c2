import type { FieldFault } from '../../shared/domain/errors.ts';
import { eachOf, type PartlyProgram } from './known-parts.ts';

/** Ids that a part of the program names, and that no other part has. */
export function referenceFaults(program: PartlyProgram): FieldFault[] {
  return [...tierFaults(program), ...couponFaults(program), ...consentFaults(program), ...idFaults(program)];
}

function tierFaults(program: PartlyProgram): FieldFault[] {
  const ladder = program.tiers?.ladder;
  if (!ladder || ladder.some((tier) => tier?.id === undefined)) return [];
  const ids = ladder.map((tier) => String(tier?.id));
  const lists: readonly (readonly [
    string,
    readonly ({ readonly tiers?: readonly (string | undefined)[] | undefined } | undefined)[] | undefined,
  ])[] = [
    ['/earning/rules', program.earning?.rules],
    ['/earning/campaigns', program.earning?.campaigns],
    ['/rewards', program.rewards],
    ['/coupons', program.coupons],
    ['/challenges', program.challenges],
    ['/occasions', program.occasions],
  ];
  const faults = lists.flatMap(([at, list]) =>
    eachOf(list, at).flatMap(({ item, pointer }) =>
      eachOf(item.tiers, `${pointer}/tiers`).flatMap((tier) =>
        ids.includes(tier.item) ? [] : [{ pointer: tier.pointer, detail: oneOf('tier', ids) }],
      ),
    ),
  );
  for (const { item, pointer } of eachOf(program.coupons, '/coupons')) {
    if (item.trigger?.kind !== 'tier' || item.trigger.tier === undefined) continue;
    const above = ids.slice(1);
    if (!above.includes(item.trigger.tier)) {
      const detail =
        item.trigger.tier === ids[0] ? `${oneOf('tier', above)}; nobody reaches the first one` : oneOf('tier', above);
      faults.push({ pointer: `${pointer}/trigger/tier`, detail });
    }
  }
  return faults;
}

function couponFaults(program: PartlyProgram): FieldFault[] {
  const ids = eachOf(program.coupons, '').map(({ item }) => String(item.id));
  const faults: FieldFault[] = [];
  const check = (coupon: string | undefined, pointer: string) => {
    if (coupon !== undefined && !ids.includes(coupon)) faults.push({ pointer, detail: oneOf('coupon', ids) });
  };
  check(program.referral?.friendCoupon, '/referral/friendCoupon');
  for (const { item, pointer } of eachOf(program.occasions, '/occasions')) check(item.coupon, `${pointer}/coupon`);
  return faults;
}

function consentFaults({ consents, occasions }: PartlyProgram): FieldFault[] {
  const ids = eachOf(consents, '').map(({ item }) => String(item.id));
  return eachOf(occasions, '/occasions').flatMap(({ item, pointer }) =>
    item.consent === undefined || ids.includes(item.consent)
      ? []
      : [{ pointer: `${pointer}/consent`, detail: oneOf('consent', ids) }],
  );
}

/** What a member used of a limit is kept by the id of the rule or campaign. */
function idFaults({ earning }: PartlyProgram): FieldFault[] {
  const rules = new Set(eachOf(earning?.rules, '').map(({ item }) => item.id));
  return eachOf(earning?.campaigns, '/earning/campaigns').flatMap(({ item, pointer }) =>
    item.id !== undefined && rules.has(item.id)
      ? [{ pointer: `${pointer}/id`, detail: 'an id that no earning rule has' }]
      : [],
  );
}

const oneOf = (what: string, ids: readonly string[]): string =>
  ids.length === 0
    ? `no ${what}: the program has none to name`
    : `the id of a ${what} of the program: ${ids.join(', ')}`;
