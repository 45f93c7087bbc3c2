import { randomBytes } from 'node:crypto';
import type { Instant } from '../../shared/domain/time.ts';
import { insertBatch } from '../database/batch.ts';
import type { Reader, Transaction } from '../database/database.ts';
import type { Value } from '../database/statement.ts';
import { createInterests, type Interest } from './interest.ts';

/** Something that happened to a member. */
export interface Happening {
  readonly memberId: string;
  /** The `seq` of the member's newest entry then: the order of his events. */
  readonly memberSeq: number;
  readonly type: string;
  /** One ahead of now is told when it has come. */
  readonly occurredAt: Instant;
  /** Without the member's ids. */
  readonly data: object;
}

/** What the ledger's unit says of what happened in it. */
export interface TellingUnit {
  readonly programId: string;
  readonly now: Instant;
  readonly told: readonly {
    readonly memberId: string;
    readonly type: string;
    readonly occurredAt: Instant;
    readonly data: object;
  }[];
  readonly membersById: ReadonlyMap<string, { readonly seq: number }>;
}

/** What happened, kept for those who listen, in the transaction in which it happened. */
export interface Outbox {
  /** Writes what a group of commands told. Reads and writes nothing for a program to which nobody listens. */
  writeUnit(tx: Transaction, unit: TellingUnit): Promise<void>;
  /** Writes what a job found out, and gives how many somebody listens to. */
  write(tx: Transaction, programId: string, happenings: readonly Happening[], now: Instant): Promise<number>;
  interestOf(reader: Reader, programId: string, now: Instant): Promise<Interest>;
  /** An endpoint of the program was changed here. */
  forget(programId: string): void;
}

const insertEvents = insertBatch('outbox', [
  'program_id',
  'event_id',
  'member_id',
  'member_seq',
  'place',
  'type',
  'data',
  'occurred_at',
  'recorded_at',
  'due_at',
]);

/** Older than this when it becomes known, it is history: an import of past orders tells nobody. */
const NEWS_MS = 30 * 86_400_000;

/** Places of one instant; a group of commands tells far fewer of one member. */
const PLACES_AN_INSTANT = 1_000;

/** @param onForgotten Told of each program whose endpoints were changed here. */
export function createOutbox(onForgotten: (programId: string) => void = () => {}): Outbox {
  const interests = createInterests();
  const outbox: Outbox = {
    async writeUnit(tx, { programId, told, membersById, now }) {
      if (told.length === 0) return;
      const happenings = told.map(({ memberId, type, occurredAt, data }) => ({
        memberId,
        type,
        occurredAt,
        data,
        memberSeq: membersById.get(memberId)?.seq ?? 0,
      }));
      await outbox.write(tx, programId, happenings, now);
    },

    async write(tx, programId, happenings, now) {
      if (happenings.length === 0) return 0;
      const interest = await interests.of(tx, programId, now);
      if (interest.isEmpty) return 0;
      const rows = happenings
        .filter(({ type, occurredAt }) => interest.includes(type) && occurredAt >= now - NEWS_MS)
        .map(({ memberId, memberSeq, type, occurredAt, data }, index): Value[] => [
          programId,
          newEventId(),
          memberId,
          memberSeq,
          now * PLACES_AN_INSTANT + Math.min(index, PLACES_AN_INSTANT - 1),
          type,
          JSON.stringify(data),
          occurredAt,
          now,
          occurredAt > now ? occurredAt : 0,
        ]);
      if (rows.length > 0) await tx.insert(insertEvents, rows);
      return rows.length;
    },

    interestOf: (reader, programId, now) => interests.of(reader, programId, now),
    forget(programId) {
      interests.forget(programId);
      onForgotten(programId);
    },
  };
  return outbox;
}

/** 120 random bits. */
export const newEventId = (): string => `evt_${randomBytes(15).toString('base64url')}`;
