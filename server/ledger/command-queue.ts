import { LoyaltyError } from '../../shared/domain/errors.ts';
import type { ProgramVersion } from '../../shared/domain/program.ts';
import type { Instant } from '../../shared/domain/time.ts';
import type { Database, Reader } from '../database/database.ts';
import type { Outbox } from '../outbox/outbox.ts';
import type { RedemptionCodes } from '../redemptions/codes.ts';
import { type Command, Deferred, type Outcome } from './commands.ts';
import type { KeptMembers } from './unit/kept-members.ts';
import { loadUnit } from './unit/load-unit.ts';
import type { Unit } from './unit/unit.ts';
import { writeUnit } from './unit/write-unit.ts';

/** Commands decided together at most. */
const GROUP_SIZE_MAX = 128;

/** Groups under way at once: one where one writer is all there is, more where the database is across a wire. */
const LANE_COUNT = { sqlite: 1, postgres: 6 } as const;

export interface ProgramReader {
  /** Ordered by version. @throws {LoyaltyError} `program_not_found`. */
  versions(reader: Reader, programId: string): Promise<readonly ProgramVersion[]>;
}

interface Waiting {
  readonly programId: string;
  readonly command: Command;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

type Decision = { readonly outcome: Outcome } | { readonly error: unknown };

/**
 * Runs commands in groups: those that wait are read for, decided and written together, in one transaction and so one
 * disk flush, each with its own answer. A refused command does not touch its neighbors.
 */
export class CommandQueue {
  readonly #database: Database;
  readonly #programs: ProgramReader;
  readonly #clock: () => Instant;
  readonly #outbox: Pick<Outbox, 'writeUnit'>;
  readonly #codes: RedemptionCodes;
  readonly #keptMembers: KeptMembers | null;
  /** Called after a commit with the members whose ledger changed. */
  readonly #onChanged: (programId: string, memberIds: readonly string[]) => void;
  readonly #onGroup: (size: number) => void;
  readonly #isBesideCallers: boolean;
  readonly #lanes: { waiting: Waiting[]; busy: boolean }[];

  constructor(parts: {
    readonly database: Database;
    readonly programs: ProgramReader;
    readonly clock: () => Instant;
    readonly outbox: Pick<Outbox, 'writeUnit'>;
    readonly codes: RedemptionCodes;
    readonly onChanged: (programId: string, memberIds: readonly string[]) => void;
    /** Only where nobody else writes members and accounts. */
    readonly keptMembers?: KeptMembers | undefined;
    /**
     * Callers are in another thread: the next group gathers while one is written, and waiting for more would leave one of
     * the threads idle.
     */
    readonly isBesideCallers?: boolean;
    /** Told of each group that is decided together. */
    readonly onGroup?: ((size: number) => void) | undefined;
  }) {
    this.#database = parts.database;
    this.#programs = parts.programs;
    this.#clock = parts.clock;
    this.#outbox = parts.outbox;
    this.#codes = parts.codes;
    this.#keptMembers = parts.keptMembers ?? null;
    this.#onChanged = parts.onChanged;
    this.#isBesideCallers = parts.isBesideCallers ?? false;
    this.#onGroup = parts.onGroup ?? (() => {});
    this.#lanes = Array.from({ length: LANE_COUNT[parts.database.dialect] }, () => ({ waiting: [], busy: false }));
  }

  run(programId: string, command: Command): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      // A program keeps to its lane: few large groups cost the database far less than many small ones (measured), and
      // programs do not wait for each other.
      const lane = this.#lanes[hashOf(programId) % this.#lanes.length];
      if (!lane) throw new RangeError('CommandQueue: no lane');
      lane.waiting.push({ programId, command, resolve, reject });
      if (!lane.busy) void this.#drain(lane);
    });
  }

  async #drain(lane: { waiting: Waiting[]; busy: boolean }): Promise<void> {
    lane.busy = true;
    while (lane.waiting.length > 0) {
      await (this.#isBesideCallers ? nextTurn() : gathered(lane.waiting));
      const programId = (lane.waiting[0] as Waiting).programId;
      const group: Waiting[] = [];
      const rest: Waiting[] = [];
      for (const item of lane.waiting) {
        (group.length < GROUP_SIZE_MAX && item.programId === programId ? group : rest).push(item);
      }
      lane.waiting = rest;
      const deferred = await this.#runGroup(programId, group);
      lane.waiting.unshift(...deferred);
    }
    lane.busy = false;
  }

  /** Gives the commands that have to wait for one of their own group. */
  async #runGroup(programId: string, group: readonly Waiting[]): Promise<readonly Waiting[]> {
    let decisions: readonly Decision[];
    this.#onGroup(group.length);
    try {
      decisions = await this.#commit(
        programId,
        group.map(({ command }) => command),
      );
    } catch (error) {
      if (!(error instanceof LoyaltyError)) this.#keptMembers?.clear();
      if (group.length === 1 || error instanceof LoyaltyError) {
        for (const { reject } of group) reject(error);
        return [];
      }
      // Something unexpected: alone, only the command that caused it fails.
      const deferred: Waiting[] = [];
      for (const item of group) deferred.push(...(await this.#runGroup(programId, [item])));
      return deferred;
    }
    const deferred: Waiting[] = [];
    decisions.forEach((decision, index) => {
      const item = group[index] as Waiting;
      if ('outcome' in decision) item.resolve(decision.outcome);
      else if (decision.error instanceof Deferred && group.length > 1) deferred.push(item);
      else item.reject(decision.error);
    });
    return deferred;
  }

  async #commit(programId: string, commands: readonly Command[]): Promise<readonly Decision[]> {
    const { decisions, unit } = await this.#database.transaction(async (tx) => {
      const versions = this.#programs.versions(tx, programId);
      const unit = await loadUnit(tx, programId, versions, commands, this.#clock(), this.#codes, this.#keptMembers);
      const decided = commands.map((command): Decision => {
        try {
          return { outcome: withBytes(unit, command.decide(unit)) };
        } catch (error) {
          // A refusal is this command's answer; anything else undoes the group.
          if (error instanceof LoyaltyError || error instanceof Deferred) return { error };
          throw error;
        }
      });
      await writeUnit(tx, unit);
      await this.#outbox.writeUnit(tx, unit);
      return { decisions: decided, unit };
    });
    this.#keptMembers?.put(unit);
    const changed = [...unit.changedMembers].map(({ memberId }) => memberId);
    if (changed.length > 0) this.#onChanged(programId, changed);
    return decisions;
  }
}

/**
 * Waits while more keep coming, turn by turn: callers whose answers left together come back together, and every group
 * pays for a flush of the disk. One that comes alone waits for two turns.
 */
async function gathered(waiting: readonly Waiting[]): Promise<void> {
  for (let seen = 0; seen < waiting.length && waiting.length < GROUP_SIZE_MAX; ) {
    seen = waiting.length;
    await nextTurn();
  }
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

/** Spares reading back what was just written. */
function withBytes(unit: Unit, outcome: Outcome): Outcome {
  const bytes = unit.bytesOf(outcome.memberId, outcome.seq);
  return bytes === undefined ? outcome : { ...outcome, bytes };
}

/** FNV-1a: spreads programs over lanes. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
