import type { FieldFault } from '../../shared/domain/errors.ts';
import type { Worth } from '../../shared/domain/rewards.ts';
import { eachOf, type Partly, type PartlyProgram } from './known-parts.ts';

/** Faults of currencies and amounts. */
export function moneyFaults(program: PartlyProgram): FieldFault[] {
  return [...currencyFaults(program), ...valueFaults(program), ...rewardFaults(program), ...giftFaults(program)];
}

/** Money that is in use somewhere; of the codes for special purposes, the common currencies of several countries only. */
const CURRENCIES: ReadonlySet<string> = new Set(
  Intl.supportedValuesOf('currency').filter(
    (code) => !code.startsWith('X') || ['XAF', 'XCD', 'XCG', 'XOF', 'XPF'].includes(code),
  ),
);

function currencyFaults(program: PartlyProgram): FieldFault[] {
  const found: (readonly [string, string | undefined])[] = [];
  const add = (pointer: string, holder: object | undefined) => {
    const currency = (holder as { readonly currency?: string } | undefined)?.currency;
    if (currency !== undefined) found.push([`${pointer}/currency`, currency]);
  };
  for (const { item, pointer } of eachOf(program.earning?.rules, '/earning/rules')) add(pointer, item);
  for (const { item, pointer } of eachOf(program.value, '/value')) add(pointer, item);
  add('/tiers/metric', program.tiers?.metric);
  add('/referral', program.referral);
  for (const { item, pointer } of eachOf(program.rewards, '/rewards')) add(`${pointer}/worth`, item.worth);
  for (const { item, pointer } of eachOf(program.coupons, '/coupons')) {
    add(`${pointer}/worth`, item.worth);
    add(`${pointer}/trigger`, item.trigger);
  }
  for (const { item, pointer } of eachOf(program.challenges, '/challenges')) add(`${pointer}/goal`, item.goal);
  return found
    .filter(([, currency]) => !CURRENCIES.has(String(currency)))
    .map(([pointer]) => ({ pointer, detail: 'a currency that is in use, such as EUR (ISO 4217)' }));
}

function valueFaults({ value }: PartlyProgram): FieldFault[] {
  const seen = new Set<string>();
  return eachOf(value, '/value').flatMap(({ item, pointer }) => {
    if (item.currency === undefined) return [];
    if (!seen.has(item.currency)) {
      seen.add(item.currency);
      return [];
    }
    return [
      { pointer: `${pointer}/currency`, detail: `another currency: a value in ${item.currency} is there already` },
    ];
  });
}

function rewardFaults({ rewards }: PartlyProgram): FieldFault[] {
  return eachOf(rewards, '/rewards').flatMap(({ item, pointer }) => {
    const { cost } = item;
    if (cost?.kind !== 'variable') return [];
    const faults: FieldFault[] = [];
    const { pointsMin, pointsMax, pointsStep, amountMinor, perPoints } = cost;
    if (pointsMin !== undefined && pointsMax !== undefined && pointsStep !== undefined && pointsMin <= pointsMax) {
      const span = pointsMax - pointsMin;
      if (span % pointsStep !== 0) {
        faults.push({
          pointer: `${pointer}/cost/pointsStep`,
          detail: `a step that leads from pointsMin to pointsMax: a divisor of ${span}`,
        });
      }
    }
    if (pointsMin !== undefined && amountMinor !== undefined && perPoints !== undefined) {
      if (BigInt(pointsMin) * BigInt(amountMinor) < BigInt(perPoints)) {
        faults.push({
          pointer: `${pointer}/cost/pointsMin`,
          detail: `at least ${Math.ceil(perPoints / amountMinor)}: fewer points are worth nothing`,
        });
      }
    }
    if (item.worth?.kind !== undefined && !isMoney(item.worth)) {
      faults.push({
        pointer: `${pointer}/cost/kind`,
        detail: 'fixed: only an amount_off or a donation grows with points',
      });
    }
    return faults;
  });
}

const isMoney = ({ kind }: Partly<Worth>) => kind === 'amount_off' || kind === 'donation';

/** What is given for nothing has to be something. */
function giftFaults(program: PartlyProgram): FieldFault[] {
  const faults: FieldFault[] = [];
  const { referral } = program;
  if (referral?.referrerPoints === 0 && referral.friendPoints === 0 && referral.friendCoupon === undefined) {
    faults.push({ pointer: '/referral', detail: 'points for one of the two, or a friendCoupon' });
  }
  for (const { item, pointer } of eachOf(program.occasions, '/occasions')) {
    if (item.points === 0 && item.coupon === undefined) {
      faults.push({ pointer: `${pointer}/points`, detail: 'at least 1, or a coupon beside' });
    }
  }
  for (const { item, pointer } of eachOf(program.coupons, '/coupons')) {
    if (item.trigger?.kind !== 'order') continue;
    const { netMinorMin, currency } = item.trigger;
    if ((netMinorMin === undefined) !== (currency === undefined)) {
      faults.push({ pointer: `${pointer}/trigger`, detail: 'netMinorMin together with its currency' });
    }
  }
  return faults;
}
