import type { CommandQueue } from '../command-queue.ts';
import type { Command, Outcome } from '../commands.ts';
import { postAdjustment } from './adjust.ts';
import { issueCoupon } from './coupons.ts';
import { enrol } from './enrol.ts';
import { type EraseRecords, eraseMember } from './erase-member.ts';
import { expireLots } from './expire-lots.ts';
import { extendLots } from './extend-lots.ts';
import { changeFulfilment } from './fulfil.ts';
import { mergeMembers } from './merge-members.ts';
import { pinTier } from './pin-tier.ts';
import { postEvent, postOwnEvent } from './post-event.ts';
import { postOrder } from './post-order.ts';
import { postRefund } from './post-refund.ts';
import { redeem } from './redeem.ts';
import { releaseLapsed, releaseRedemption } from './release.ts';
import { reviewTier } from './review-tier.ts';
import { rewardOccasion } from './reward-occasion.ts';
import { changeReferral, settleReferral, welcomeFriend } from './reward-referral.ts';
import { settleRefunds } from './settle-refunds.ts';
import { unmergeMembers } from './unmerge-members.ts';
import { useBenefit } from './use-benefit.ts';

/** What commands need that is not in their arguments. */
export interface CommandParts {
  readonly eraseRecords: EraseRecords;
}

/**
 * Every command of the ledger by its name. Arguments and outcomes are plain data, never a function or an object of a
 * class: the ledger may run in another thread than its callers.
 */
export function createCommands({ eraseRecords }: CommandParts) {
  return {
    postOrder,
    postRefund,
    settleRefunds,
    postAdjustment,
    postEvent,
    postOwnEvent,
    enrol,
    expireLots,
    extendLots,
    reviewTier,
    pinTier,
    useBenefit,
    redeem,
    releaseRedemption,
    releaseLapsed,
    changeFulfilment,
    issueCoupon,
    settleReferral,
    changeReferral,
    welcomeFriend,
    rewardOccasion,
    mergeMembers,
    unmergeMembers,
    eraseMember: (memberId: string, reason: string) => eraseMember(memberId, reason, eraseRecords),
  };
}

export type Commands = ReturnType<typeof createCommands>;
export type CommandName = keyof Commands;
export type CommandArguments<Name extends CommandName> = Parameters<Commands[Name]>;
export type ResultOf<Name extends CommandName> =
  ReturnType<Commands[Name]> extends Command<infer Result> ? Result : never;

/** Decides commands, in this thread or in another. */
export interface CommandRunner {
  run<Name extends CommandName>(
    programId: string,
    name: Name,
    ...args: CommandArguments<Name>
  ): Promise<Outcome<ResultOf<Name>>>;
}

/** Runs commands on a queue of this thread. */
export function runnerOn(queue: Pick<CommandQueue, 'run'>, parts: CommandParts): CommandRunner {
  const commands = createCommands(parts);
  return {
    run<Name extends CommandName>(programId: string, name: Name, ...args: CommandArguments<Name>) {
      const command = (commands[name] as (...given: CommandArguments<Name>) => Command)(...args);
      return queue.run(programId, command) as Promise<Outcome<ResultOf<Name>>>;
    },
  };
}

/** For a ledger that erases nobody, such as an import. */
export const NO_ERASURE: EraseRecords = () => Promise.reject(new RangeError('NO_ERASURE: this ledger erases nobody'));
