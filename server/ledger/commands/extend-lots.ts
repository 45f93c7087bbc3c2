import { LoyaltyError } from '../../../shared/domain/errors.ts';
import { extendedLastDay } from '../../../shared/domain/expiry.ts';
import { addDays, localDateOf, startOfDay } from '../../../shared/domain/time.ts';
import type { ExtensionRequest } from '../../../shared/protocol/api.ts';
import { type Command, contentHashOf, rememberKey, replayOf, withLots } from '../commands.ts';
import { standingAt } from './accrue.ts';

/** Puts off what expires at the end of a day, once for each lot, as many days as the program grants: at the member's own wish. */
export function extendLots(memberId: string, { lastDay }: ExtensionRequest, idempotencyKey: string): Command {
  const contentHash = contentHashOf(['extension', lastDay]);
  const needs = { memberId, lots: true, key: { caller: memberId, text: idempotencyKey } };
  return {
    needs,
    decide(unit) {
      const replay = replayOf(unit, needs, contentHash);
      if (replay) return replay;
      const known = unit.membersById.get(memberId);
      if (!known) throw new LoyaltyError('member_not_found', 'No member with this id is enrolled.');
      const member = withLots(known);
      const { version, program } = unit.versionAt(unit.now);
      const { expiry, timeZone } = program;
      const newLastDay = extendedLastDay(expiry, lastDay);
      if (newLastDay === null) {
        throw new LoyaltyError('extension_not_available', 'In this program, expiry cannot be put off.');
      }
      const due = [...member.lots.values()].filter(
        ({ remaining, expiresAt, isExtended }) =>
          remaining > 0 && !isExtended && unit.now < expiresAt && localDateOf(expiresAt - 1, timeZone) === lastDay,
      );
      if (due.length === 0) {
        throw new LoyaltyError('extension_not_available', 'Nothing expires that day that was not put off before.', [
          { pointer: '/lastDay', detail: 'a `lastDay` of `balance.expiring` that has `extendUntil`' },
        ]);
      }
      const expiresAt = startOfDay(addDays(newLastDay, 1), timeZone);
      const seq = unit.append(
        member,
        {
          kind: 'adjustment',
          points: 0,
          qualifying: 0,
          occurredAt: unit.now,
          recordedAt: unit.now,
          programVersion: version,
          reason: 'extension',
          extends: due.map(({ seq: lot }) => ({ lot, expiresAt })),
        },
        { standing: standingAt(unit, member, unit.now) },
      );
      const outcome = { memberId, customerId: member.customerId, seq, replayed: false };
      rememberKey(unit, needs, contentHash, outcome);
      return outcome;
    },
  };
}
